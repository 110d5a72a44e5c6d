"""Mends the emulator where our stacks meet it; Python reads this file by itself, from PYTHONPATH.

Change sets: it executes them without conditions, outputs and exports. On AWS, executing one does what CreateStack or
UpdateStack would have done.
Policies: a condition that does not hold makes its statement void; here a Deny holds then all the more. And calls count as
made by TLS, as on AWS they are.
Roles: the dispatcher and the workers get keys of their own, and calls.jsonl in the lab's folder says who called what."""
import json
import os
import re
import sys

if any(argument.endswith("server.py") for argument in sys.orig_argv):
    from moto.cloudformation.models import CloudFormationBackend

    def execute_change_set(self, change_set_name, stack_name=None):
        change_set = self.describe_change_set(change_set_name)
        stack = self.stacks[change_set.stack_id]
        if change_set.change_set_type == "CREATE":
            del self.stacks[change_set.stack_id]
            self.create_stack(name=stack.name, template=change_set.template, parameters=change_set.parameters,
                              notification_arns=[], tags=change_set.tags)
        else:
            stack.update(change_set.template, None, parameters=change_set.parameters, tags=change_set.tags)

    CloudFormationBackend.execute_change_set = execute_change_set

    from moto.iam.access_control import IAMPolicyStatement, PermissionResult

    permitted = IAMPolicyStatement.is_action_permitted

    def is_action_permitted(self, *arguments, **names):
        over_tls_only = (self._statement.get("Condition") or {}).get("Bool", {}).get("aws:SecureTransport") == "false"
        return PermissionResult.NEUTRAL if over_tls_only else permitted(self, *arguments, **names)

    IAMPolicyStatement.is_action_permitted = is_action_permitted

    from moto.core.authorization import ActionAuthenticatorMixin

    authorize = ActionAuthenticatorMixin._authenticate_and_authorize_action
    calls = open(os.path.join(os.environ["AWS_LAB_STATE"], "calls.jsonl"), "a", buffering=1)

    def name_roles():
        sys.modules["lab_batch"].INJECTED["AWS_ACCESS_KEY_ID"] = "WorkerRole"
        environment = sys.modules["lambda_runtime_emulator"].Environment
        if not hasattr(environment, "of_dispatcher"):
            make = environment.__init__

            def of_dispatcher(self, *arguments, **names):
                make(self, *arguments, **names)
                self.variables["AWS_ACCESS_KEY_ID"] = "DispatcherRole"

            environment.__init__ = environment.of_dispatcher = of_dispatcher

    def note(self, iam_request_cls, resource="*"):
        name_roles()
        key = re.search("Credential=([^/]+)/", self.headers.get("Authorization") or "")
        call = {"role": key and key.group(1), "action": f"{self.service_name}:{self._get_action()}", "resource": resource}
        calls.write(json.dumps(call) + "\n")
        return authorize(self, iam_request_cls, resource)

    ActionAuthenticatorMixin._authenticate_and_authorize_action = note
