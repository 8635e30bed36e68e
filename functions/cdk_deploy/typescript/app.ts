/**
 * The CDK app of app/app.py in TypeScript: a DocumentDB cluster and an ECS service whose sizes are
 * context values. Node runs it as it is (it strips the types), so nothing is compiled.
 */

import { App, CfnOutput, DefaultStackSynthesizer, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as docdb from "aws-cdk-lib/aws-docdb";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as ecs from "aws-cdk-lib/aws-ecs";

const MAX_INSTANCES = 16; // of a DocumentDB cluster: one writer and 15 replicas
const MAX_TASKS = 1000; // the example's own bound, against typing errors
const IMAGE = "public.ecr.aws/docker/library/busybox:stable";

interface Sizes {
  desiredCount: number;
  dbClass: string;
  dbInstances: number;
}

/** Read the sizes from the context, where every value of the command line is text. */
function readSizes(app: App): Sizes {
  return {
    desiredCount: readNumber(app, "desired_count", 1, 0, MAX_TASKS),
    dbClass: String(app.node.tryGetContext("db_class") ?? "db.t4g.medium"),
    dbInstances: readNumber(app, "db_instances", 1, 1, MAX_INSTANCES),
  };
}

function readNumber(app: App, key: string, usual: number, low: number, high: number): number {
  const value: unknown = app.node.tryGetContext(key);
  if (value === undefined) return usual;
  const found = /^-?\d+$/.test(String(value)) ? Number(value) : NaN;
  if (!(found >= low && found <= high)) {
    throw new Error(`the context value ${key} is '${value}'; it takes ${low} to ${high}`);
  }
  return found;
}

/** Create the stack with the database and the service of a nightly batch. */
function nightly(app: App, sizes: Sizes): Stack {
  // The CLI checks the bootstrap stack's version itself; the rule is for other tools.
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false });
  const stack = new Stack(app, "nightly", { synthesizer });
  const vpc = new ec2.Vpc(stack, "Vpc", {
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [
      { name: "public", subnetType: ec2.SubnetType.PUBLIC },
      { name: "db", subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    ],
  });
  new CfnOutput(stack, "DatabaseCluster", { value: database(stack, vpc, sizes).ref });
  new CfnOutput(stack, "ServiceName", { value: service(stack, vpc, sizes).attrName });
  new CfnOutput(stack, "DesiredCount", { value: String(sizes.desiredCount) });
  return stack;
}

/** Create a cluster of instances of one class. */
function database(stack: Stack, vpc: ec2.Vpc, sizes: Sizes): docdb.CfnDBCluster {
  const subnets = new docdb.CfnDBSubnetGroup(stack, "DatabaseSubnets", {
    dbSubnetGroupDescription: "the subnets of the nightly database",
    subnetIds: vpc.isolatedSubnets.map((subnet) => subnet.subnetId),
  });
  const cluster = new docdb.CfnDBCluster(stack, "Database", {
    dbSubnetGroupName: subnets.ref,
    manageMasterUserPassword: true,
    masterUsername: "batch",
    storageEncrypted: true,
  });
  cluster.applyRemovalPolicy(RemovalPolicy.SNAPSHOT);
  let previous: docdb.CfnDBInstance | undefined;
  for (let number = 0; number < sizes.dbInstances; number++) {
    const instance = new docdb.CfnDBInstance(stack, `Database${number}`, {
      dbClusterIdentifier: cluster.ref,
      dbInstanceClass: sizes.dbClass,
    });
    // Otherwise CloudFormation changes all instances at once, which is an outage.
    if (previous) instance.addResourceDependency(previous);
    previous = instance;
  }
  return cluster;
}

/** Create a Fargate service. */
function service(stack: Stack, vpc: ec2.Vpc, sizes: Sizes): ecs.CfnService {
  const task = new ecs.CfnTaskDefinition(stack, "Task", {
    cpu: "256",
    memory: "512",
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    containerDefinitions: [{ name: "worker", image: IMAGE, command: ["sleep", "infinity"] }],
  });
  const group = new ec2.SecurityGroup(stack, "ServiceGroup", { vpc });
  return new ecs.CfnService(stack, "Service", {
    serviceName: "worker",
    cluster: new ecs.CfnCluster(stack, "Cluster", { clusterName: "nightly" }).ref,
    taskDefinition: task.ref,
    desiredCount: sizes.desiredCount,
    launchType: "FARGATE",
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: vpc.publicSubnets.map((subnet) => subnet.subnetId),
        securityGroups: [group.securityGroupId],
        assignPublicIp: "ENABLED",
      },
    },
  });
}

const app = new App();
nightly(app, readSizes(app));
app.synth();
