exports.template = (size) => ({
  Resources: { Topic: { Type: "AWS::SNS::Topic", Properties: { DisplayName: size } } },
});
