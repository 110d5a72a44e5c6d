use crate::xml;
use bytes::Bytes;
use serde_json::Value;
use storage::{Answered, Api, Call};

/// The services of AWS, in the three ways that they are spoken to.
#[derive(Clone, Debug)]
pub struct Aws {
    api: Api,
}

/// A call that a service refused, or that did not reach it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{service} {action}: {message}{}", hint(.code))]
pub struct AwsError {
    /// The service.
    pub service: String,
    /// What was asked for.
    pub action: String,
    /// AWS's name of what is wrong, as `ValidationError`; empty when nothing answered, or only that it cannot now.
    pub code: String,
    /// What is wrong, in words.
    pub message: String,
}

fn hint(code: &str) -> &'static str {
    match code {
        "AccessDenied" | "AccessDeniedException" => {
            " (the role or user that makes this call lacks the permission)"
        }
        "ExpiredToken" | "ExpiredTokenException" => " (sign in again: `aws sso login`)",
        _ => "",
    }
}

impl AwsError {
    /// Returns whether the same call may succeed later; it is not known whether it was done.
    pub fn may_pass(&self) -> bool {
        self.code.is_empty()
    }
}

impl Aws {
    /// Takes region and credentials from the environment, `~/.aws` or this machine's role.
    ///
    /// # Errors
    /// When there is no region.
    pub fn from_environment() -> Result<Self, AwsError> {
        let api = Api::from_environment().map_err(|error| failed("aws", "configuration", &error))?;
        Ok(Self { api })
    }

    /// Returns the region.
    pub fn region(&self) -> &str {
        self.api.region()
    }

    /// Calls a service that takes JSON and names the action in a header: SQS, ECR, CloudWatch Logs.
    ///
    /// # Errors
    /// When the service refuses or does not answer.
    pub fn json(&self, service: &str, target: &str, action: &str, body: &Value) -> Result<Value, AwsError> {
        let version = if service == "sqs" { "1.0" } else { "1.1" };
        let headers = vec![
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-target", format!("{target}.{action}")),
        ];
        let body = Bytes::from(body.to_string());
        self.answer(action, &Call { service, method: "POST", path: "/", headers, body })
    }

    /// Calls a service that takes JSON and names the action in the path: Batch.
    ///
    /// # Errors
    /// When the service refuses or does not answer.
    pub fn rest(&self, service: &str, path: &str, body: &Value) -> Result<Value, AwsError> {
        let headers = vec![("content-type", "application/json".to_string())];
        let body = Bytes::from(body.to_string());
        self.answer(path.trim_start_matches("/v1/"), &Call { service, method: "POST", path, headers, body })
    }

    /// As [`Self::rest`], but once, whatever comes of it: for what is to be looked for before it is done again.
    ///
    /// # Errors
    /// When the service refuses or does not answer; [`AwsError::may_pass`] tells them apart.
    pub fn rest_once(&self, service: &str, path: &str, body: &Value) -> Result<Value, AwsError> {
        let headers = vec![("content-type", "application/json".to_string())];
        let body = Bytes::from(body.to_string());
        let action = path.trim_start_matches("/v1/");
        let answered = self.raw(&Call { service, method: "POST", path, headers, body }, true)?;
        match answered.kind() {
            Some(kind) => {
                let why = String::from_utf8_lossy(&answered.body).into_owned();
                Err(failed(service, action, &storage::Error::new(kind, "call", path, why)))
            }
            None => read(service, action, &answered),
        }
    }

    /// Calls a service that takes a form and answers in XML: CloudFormation, SNS, STS.
    ///
    /// # Errors
    /// When the service refuses or does not answer.
    pub fn query(
        &self,
        service: &str,
        version: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Result<String, AwsError> {
        let mut form = format!("Action={action}&Version={version}");
        for (name, value) in fields {
            form.push_str(&format!("&{name}={}", escaped(value)));
        }
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_string())];
        let call = Call { service, method: "POST", path: "/", headers, body: Bytes::from(form) };
        let answered = self.api.call(&call).map_err(|error| failed(service, action, &error))?;
        let text = String::from_utf8_lossy(&answered.body).into_owned();
        if answered.status < 300 {
            return Ok(text);
        }
        let (code, message) = (xml::text(&text, "Code"), xml::text(&text, "Message"));
        let message = message.unwrap_or_else(|| text.chars().take(200).collect());
        Err(AwsError {
            service: service.into(),
            action: action.into(),
            code: code.unwrap_or_default(),
            message,
        })
    }

    /// Makes a call as it stands, signed or not; any answer is one.
    ///
    /// # Errors
    /// When nothing answers.
    pub fn raw(&self, call: &Call<'_>, signed: bool) -> Result<Answered, AwsError> {
        self.api.call_once(call, signed).map_err(|error| failed(call.service, call.method, &error))
    }

    /// Returns the account's number.
    ///
    /// # Errors
    /// When the credentials are no use.
    pub fn account(&self) -> Result<String, AwsError> {
        let answer = self.query("sts", "2011-06-15", "GetCallerIdentity", &[])?;
        Ok(xml::text(&answer, "Account").unwrap_or_default())
    }

    fn answer(&self, action: &str, call: &Call<'_>) -> Result<Value, AwsError> {
        let answered = self.api.call(call).map_err(|error| failed(call.service, action, &error))?;
        read(call.service, action, &answered)
    }
}

/// Reads an answer of JSON.
fn read(service: &str, action: &str, answered: &Answered) -> Result<Value, AwsError> {
    let value: Value = serde_json::from_slice(&answered.body).unwrap_or(Value::Null);
    if answered.status < 300 {
        return Ok(value);
    }
    let field = |names: &[&str]| names.iter().find_map(|n| value[*n].as_str()).map(str::to_string);
    let code = field(&["__type", "code", "Code"]).unwrap_or_else(|| answered.status.to_string());
    let code = code.rsplit('#').next().unwrap_or_default().to_string();
    let message = field(&["message", "Message"]);
    let message = message.unwrap_or_else(|| String::from_utf8_lossy(&answered.body).into_owned());
    Err(AwsError { service: service.into(), action: action.into(), code, message })
}

fn failed(service: &str, action: &str, error: &storage::Error) -> AwsError {
    let (service, action) = (service.to_string(), action.to_string());
    AwsError { service, action, code: String::new(), message: error.to_string() }
}

/// Returns a text as a form has it.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => escaped.push(byte as char),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_every_odd_byte_escaped() {
        assert_eq!(escaped("a b&c=é\n"), "a%20b%26c%3D%C3%A9%0A");
    }
}
