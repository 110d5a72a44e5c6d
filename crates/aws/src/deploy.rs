//! Stacks through CloudFormation: change set, execution, progress, outputs.

use crate::xml::{all, members, text};
use crate::{Aws, AwsError, Settings, Stack};
use std::collections::{BTreeMap, HashSet};
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const VERSION: &str = "2010-05-15";

/// Deploys stacks and removes them.
pub struct Deployer<'a> {
    /// The services.
    pub aws: &'a Aws,
    /// The settings.
    pub settings: &'a Settings,
    /// Between two looks at a stack.
    pub pause: Duration,
}

/// What a change set would do to a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `Add`, `Modify`, `Remove`.
    pub action: String,
    /// The resource's name in the template.
    pub resource: String,
    /// Its type.
    pub kind: String,
    /// `True`, `False` or `Conditional`, where it is modified; else empty.
    pub replacement: String,
}

/// A stack as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployed {
    /// `CREATE_COMPLETE` and so on.
    pub status: String,
    /// The outputs by name.
    pub outputs: BTreeMap<String, String>,
}

/// Why a stack cannot be deployed or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeployError {
    /// AWS refuses or does not answer.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// Resources failed; the first is the reason.
    #[error("stack {stack} is {status}:\n{}", .reasons.join("\n"))]
    Failed {
        /// The stack.
        stack: String,
        /// How it ended.
        status: String,
        /// Resource and reason of each failure, in order.
        reasons: Vec<String>,
    },
}

impl Deployer<'_> {
    /// Returns a stack; none when there is none.
    ///
    /// # Errors
    /// When CloudFormation does not answer.
    pub fn find(&self, stack: Stack) -> Result<Option<Deployed>, DeployError> {
        let name = stack.name(self.settings.prefix());
        let answer = match self.call("DescribeStacks", &[("StackName", &name)]) {
            Ok(answer) => answer,
            Err(error) if error.message.contains("does not exist") => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(found) = members(&answer, "Stacks").first().copied() else { return Ok(None) };
        let status = text(found, "StackStatus").unwrap_or_default();
        let outputs = members(found, "Outputs").into_iter().filter_map(|output| {
            Some((text(output, "OutputKey")?, text(output, "OutputValue").unwrap_or_default()))
        });
        let outputs = outputs.collect();
        Ok(Some(Deployed { status, outputs }).filter(|found| found.status != "DELETE_COMPLETE"))
    }

    /// Makes a change set; returns its name and what it would do. Without changes it is removed again.
    ///
    /// # Errors
    /// When the template or a parameter is refused.
    pub fn change_set(
        &self,
        stack: Stack,
        more: &[(&str, &str)],
    ) -> Result<(String, Vec<Change>), DeployError> {
        let name = stack.name(self.settings.prefix());
        let kind = match self.find(stack)? {
            Some(found) if found.status != "REVIEW_IN_PROGRESS" => "UPDATE",
            _ => "CREATE",
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let set = format!("cpb-{}", now.as_millis());
        let mut fields: Vec<(String, String)> = vec![
            ("StackName".into(), name.clone()),
            ("ChangeSetName".into(), set.clone()),
            ("ChangeSetType".into(), kind.into()),
            ("TemplateBody".into(), stack.template().into()),
            ("Capabilities.member.1".into(), "CAPABILITY_IAM".into()),
        ];
        let mut parameters = self.settings.parameters(stack);
        parameters.extend(more.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        for (i, (key, value)) in parameters.into_iter().enumerate() {
            fields.push((format!("Parameters.member.{}.ParameterKey", i + 1), key));
            fields.push((format!("Parameters.member.{}.ParameterValue", i + 1), value));
        }
        let ours = [("application".to_string(), "cell-painting-batch".to_string())];
        for (i, (key, value)) in ours.iter().cloned().chain(self.settings.tags.clone()).enumerate() {
            fields.push((format!("Tags.member.{}.Key", i + 1), key));
            fields.push((format!("Tags.member.{}.Value", i + 1), value));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        self.call("CreateChangeSet", &fields)?;
        let which = [("StackName", name.as_str()), ("ChangeSetName", set.as_str())];
        loop {
            let answer = self.call("DescribeChangeSet", &which)?;
            let reason = text(&answer, "StatusReason").unwrap_or_default();
            match text(&answer, "Status").as_deref() {
                Some("FAILED")
                    if reason.contains("didn't contain changes") || reason.contains("No updates") =>
                {
                    self.call("DeleteChangeSet", &which)?;
                    return Ok((set, Vec::new()));
                }
                Some("FAILED") => {
                    let reasons = vec![reason];
                    return Err(DeployError::Failed { stack: name, status: "not changed".into(), reasons });
                }
                Some("CREATE_COMPLETE") => return Ok((set, changes(&answer))),
                _ => sleep(self.pause),
            }
        }
    }

    /// Removes a change set that is not wanted, and the stack that it would have made.
    ///
    /// # Errors
    /// When CloudFormation does not answer.
    pub fn forget(&self, stack: Stack, set: &str) -> Result<(), DeployError> {
        let name = stack.name(self.settings.prefix());
        self.call("DeleteChangeSet", &[("StackName", &name), ("ChangeSetName", set)])?;
        if self.find(stack)?.is_some_and(|found| found.status == "REVIEW_IN_PROGRESS") {
            self.call("DeleteStack", &[("StackName", &name)])?;
        }
        Ok(())
    }

    /// Executes a change set and waits for its end; `told` gets a line for each resource that got further.
    ///
    /// # Errors
    /// Which resources failed, and why.
    pub fn execute(&self, stack: Stack, set: &str, told: impl FnMut(&str)) -> Result<Deployed, DeployError> {
        let name = stack.name(self.settings.prefix());
        let seen = self.events(&name)?.into_iter().map(|event| event.id).collect();
        self.call("ExecuteChangeSet", &[("StackName", &name), ("ChangeSetName", set)])?;
        self.wait(stack, &name, seen, told)
    }

    /// Removes a stack and waits for its end.
    ///
    /// # Errors
    /// Which resources cannot be removed, and why.
    pub fn destroy(&self, stack: Stack, told: impl FnMut(&str)) -> Result<(), DeployError> {
        let name = stack.name(self.settings.prefix());
        let seen = self.events(&name)?.into_iter().map(|event| event.id).collect();
        self.call("DeleteStack", &[("StackName", &name)])?;
        self.wait(stack, &name, seen, told).map(|_| ())
    }

    fn wait(
        &self,
        stack: Stack,
        name: &str,
        mut seen: HashSet<String>,
        mut told: impl FnMut(&str),
    ) -> Result<Deployed, DeployError> {
        let mut reasons = Vec::new();
        loop {
            let found = self.find(stack)?;
            for event in self.events(name).unwrap_or_default() {
                if !seen.insert(event.id.clone()) {
                    continue;
                }
                told(&format!("{:<28} {:<24} {}", event.status, event.resource, event.kind));
                if event.status.ends_with("_FAILED") {
                    reasons.push(format!("  {} ({}): {}", event.resource, event.kind, event.reason));
                }
            }
            let Some(found) = found else { return Ok(Deployed::default()) };
            if found.status.ends_with("_IN_PROGRESS") {
                sleep(self.pause);
                continue;
            }
            if matches!(found.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE") {
                return Ok(found);
            }
            return Err(DeployError::Failed { stack: name.into(), status: found.status, reasons });
        }
    }

    fn events(&self, name: &str) -> Result<Vec<Event>, AwsError> {
        let answer = match self.call("DescribeStackEvents", &[("StackName", name)]) {
            Err(error) if error.message.contains("does not exist") => return Ok(Vec::new()),
            answer => answer?,
        };
        let field = |event: &str, name: &str| text(event, name).unwrap_or_default();
        let mut events: Vec<Event> = members(&answer, "StackEvents")
            .into_iter()
            .map(|event| Event {
                id: field(event, "EventId"),
                resource: field(event, "LogicalResourceId"),
                kind: field(event, "ResourceType"),
                status: field(event, "ResourceStatus"),
                reason: field(event, "ResourceStatusReason"),
            })
            .collect();
        events.reverse();
        Ok(events)
    }

    fn call(&self, action: &str, fields: &[(&str, &str)]) -> Result<String, AwsError> {
        self.aws.query("cloudformation", VERSION, action, fields)
    }
}

struct Event {
    id: String,
    resource: String,
    kind: String,
    status: String,
    reason: String,
}

fn changes(answer: &str) -> Vec<Change> {
    let field = |change: &str, name: &str| text(change, name).unwrap_or_default();
    let changes = all(answer, "ResourceChange").into_iter().map(|change| Change {
        action: field(change, "Action"),
        resource: field(change, "LogicalResourceId"),
        kind: field(change, "ResourceType"),
        replacement: field(change, "Replacement"),
    });
    changes.collect()
}
