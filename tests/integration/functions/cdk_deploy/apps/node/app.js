// A CDK app for Node without the library: what it needs stands beside the real file.
const fs = require("node:fs");
const path = require("node:path");
const { template } = require("./template.js");

const out = process.env.CDK_OUTDIR;
const context = JSON.parse(process.env.CDK_CONTEXT_JSON);
const stack = {
  type: "aws:cloudformation:stack",
  environment: "aws://unknown-account/unknown-region",
  properties: { templateFile: "plain.template.json" },
};
fs.writeFileSync(path.join(out, "plain.template.json"), JSON.stringify(template(context.size)));
fs.writeFileSync(
  path.join(out, "manifest.json"),
  JSON.stringify({ version: "36.0.0", artifacts: { plain: stack } }),
);
