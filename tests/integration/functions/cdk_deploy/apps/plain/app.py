"""A CDK app without the library: it writes an assembly whose outputs are the context's values.

Source: the `cloud-assembly-schema` of the AWS CDK; CDK_OUTDIR and CDK_CONTEXT_JSON are how the CLI
speaks to an app.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

STACK = "plain"

context = {
    key: value
    for key, value in json.loads(os.environ["CDK_CONTEXT_JSON"]).items()
    if not key.startswith(("aws:", "@aws-cdk/", "cli-"))
}
time.sleep(float(context.get("slow", "0")))
if "fail" in context:
    raise SystemExit(f"the app refuses: {context['fail']}")
kept = {"Name": "/plain/size", "Type": "String", "Value": str(context.get("size", "1"))}
size = {"Type": "AWS::SSM::Parameter", "Properties": kept}
outputs = {f"Out{number}": {"Value": value} for number, value in enumerate(context.values())}
template = {"Resources": {"Size": size}, "Outputs": outputs, "Metadata": context}
properties = {"templateFile": "plain.template.json"}
if "renamed" in context:
    properties["stackName"] = context["renamed"]
stack = {
    "type": "aws:cloudformation:stack",
    "environment": "aws://unknown-account/unknown-region",
    "properties": properties,
}
out = Path(os.environ["CDK_OUTDIR"])
(out / "plain.template.json").write_text(json.dumps(template))
manifest = {"version": "36.0.0", "artifacts": {STACK: stack}}
(out / "manifest.json").write_text(json.dumps(manifest))
