"""functions/termination_policy keeps the instances that have a tag."""

from __future__ import annotations

import json

import boto3

from rie.demo.aws.moto_server import local_aws
from rie.demo.scene import Demo

ZONE = "eu-west-1a"
TAG = "protect"


def run(demo: Demo) -> bool:
    """Whether two free instances are named, and none that is protected."""
    with local_aws() as variables:
        ec2 = boto3.client("ec2")
        image = ec2.describe_images()["Images"][0]["ImageId"]
        made = ec2.run_instances(ImageId=image, MinCount=4, MaxCount=4)["Instances"]
        names = [instance["InstanceId"] for instance in made]
        protected = names[:2]
        ec2.create_tags(Resources=protected, Tags=[{"Key": TAG, "Value": "nightly batch"}])
        demo.block("before", f"4 instances; the tag {TAG} is on {', '.join(protected)}")
        with demo.started({**variables, "POLICY": f"not_tagged:{TAG}"}):
            reply = demo.post(json.dumps(_event(names)))
            demo.answer(reply)
            demo.block("log", "\n".join(reply.log))
            demo.block("time", f"{reply.milliseconds:.0f} ms, runtime and boto3 start included")
    return isinstance(reply.json, dict) and set(reply.json["InstanceIDs"]) == set(names[2:])


def _event(names: list[str]) -> dict[str, object]:
    """What Auto Scaling sends when two of the instances are to go."""
    where = {"AvailabilityZone": ZONE, "InstanceMarketOption": "on-demand"}
    arn = "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:d4738357:"
    return {
        "AutoScalingGroupARN": f"{arn}autoScalingGroupName/workers",
        "AutoScalingGroupName": "workers",
        "CapacityToTerminate": [{**where, "Capacity": 2}],
        "Instances": [{**where, "InstanceId": name, "InstanceType": "m5.large"} for name in names],
        "Cause": "SCALE_IN",
    }
