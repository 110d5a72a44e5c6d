"""Every call that a role made in the flow is granted by it; every grant is used, or docs/AWS.md says why it is there.

Reads calls.jsonl of the lab's folder and the policies of the roles as they are deployed."""
import ast
import json
import os
import re
import sys
from fnmatch import fnmatchcase

import boto3

resources = boto3.client("cloudformation").describe_stack_resources(StackName="batch-cpb")["StackResources"]
# Resources that the emulator adds of itself have no such names.
names = {one.get("LogicalResourceId"): one.get("PhysicalResourceId") for one in resources}
iam = boto3.client("iam")
listed = lambda value: value if isinstance(value, list) else [value]


def grants(role):
    """(action, resource patterns) of a role's own policies."""
    for policy in iam.list_role_policies(RoleName=names[role])["PolicyNames"]:
        document = iam.get_role_policy(RoleName=names[role], PolicyName=policy)["PolicyDocument"]
        # The emulator writes policies of templates as Python does.
        document = ast.literal_eval(document) if isinstance(document, str) else document
        for statement in listed(document["Statement"]):
            assert statement["Effect"] == "Allow" and "Condition" not in statement, statement
            for action in listed(statement["Action"]):
                yield action, listed(statement["Resource"])


calls = {}
for line in open(os.path.join(os.environ["AWS_LAB_STATE"], "calls.jsonl")):
    call = json.loads(line)
    calls.setdefault(call["role"], {}).setdefault((call["action"], call["resource"]), 0)
    calls[call["role"]][call["action"], call["resource"]] += 1

refused, unused, made = [], set(), 0
for role in ("DispatcherRole", "WorkerRole"):
    granted, used = list(grants(role)), set()
    assert calls.get(role), f"{role} made no call"
    for (action, resource), count in calls[role].items():
        made += count
        if action == "s3:DeleteObject" and "/" not in resource:
            resource += "/*"  # several at once: the emulator names their bucket alone
        # The emulator names no resource of services other than S3; names of actions have no case.
        fits = [a for a, patterns in granted if a.lower() == action.lower()
                and (resource == "*" or any(fnmatchcase(resource, pattern) for pattern in patterns))]
        used.update(fits)
        if not fits:
            refused.append(f"{role}: {action} on {resource}")
    unused |= {(role, action) for action, _ in granted if action not in used}

table = re.findall(r"^\| `(\w+Role)` \| `([a-z0-9]+:\w+)` \|", open(sys.argv[1]).read(), re.M)
assert not refused, "calls that no grant allows:\n" + "\n".join(refused)
assert unused == set(table), f"grants never used: {sorted(unused)}, explained: {sorted(table)}"
print(f"{made} calls of 2 roles, every one granted; {len(unused)} grants not used, all explained in {sys.argv[1]}")
