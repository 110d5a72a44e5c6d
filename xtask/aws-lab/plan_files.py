"""Sets how many files a dispatcher may list for a plan."""
import sys

import boto3

functions = boto3.client("lambda")
environment = functions.get_function_configuration(FunctionName=sys.argv[1])["Environment"]["Variables"]
# The emulator gives numbers of a template back as numbers; on AWS all are text.
environment = {name: str(value) for name, value in environment.items()} | {"PLAN_FILES": sys.argv[2]}
functions.update_function_configuration(FunctionName=sys.argv[1], Environment={"Variables": environment})
