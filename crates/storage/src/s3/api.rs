use super::answers::{Connector, answer_of, kind_of};
use super::{credentials, runtime};
use crate::{Error, Kind, Result, Retry};
use bytes::Bytes;
use object_store::ClientOptions;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey as Key, AwsAuthorizer, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpConnector, HttpRequest, HttpRequestBody, ReqwestConnector};
use std::env;
use std::time::Duration;

/// What services call it when there were too many calls.
const THROTTLED: [&str; 5] =
    ["Throttling", "RequestThrottled", "TooManyRequests", "RequestLimitExceeded", "SlowDown"];

/// Signed calls to AWS's other services, with the credentials, the region and the connections that buckets are read with.
#[derive(Clone, Debug)]
pub struct Api {
    region: String,
    credentials: Option<AwsCredentialProvider>,
    client: HttpClient,
}

/// A call to a service.
#[derive(Clone, Debug, Default)]
pub struct Call<'a> {
    /// The service as its signature and its host name have it: `sqs`, `batch`.
    pub service: &'a str,
    /// `POST`, `GET`, `PUT`, `HEAD`.
    pub method: &'a str,
    /// A path and query from `/` on, or a whole URL.
    pub path: &'a str,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Bytes,
}

/// What a service answered, good or bad.
#[derive(Clone, Debug)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The header `location`, where there is one.
    pub location: Option<String>,
    /// The header `www-authenticate`, where there is one and the caller is not AWS's.
    pub challenge: Option<String>,
    /// What it sent.
    pub body: Bytes,
}

impl Answered {
    /// Returns what kind of failure it is, if the same call may succeed later.
    pub fn kind(&self) -> Option<Kind> {
        let throttled = || {
            let text = String::from_utf8_lossy(&self.body);
            THROTTLED.iter().any(|code| text.contains(code))
        };
        match self.status {
            // Services that speak JSON or XML by other rules than S3's throttle with 400.
            400 if throttled() => Some(Kind::Throttled),
            status if status >= 429 => Some(kind_of(status)).filter(|kind| kind.may_pass()),
            _ => None,
        }
    }
}

impl Api {
    /// Takes region and credentials from the environment, `~/.aws` or this machine's role, as buckets do.
    ///
    /// # Errors
    /// When there is no region or the settings are no use.
    pub fn from_environment() -> Result<Self> {
        let fail = |why: &dyn ToString| Error::new(Kind::Other, "find", "AWS", why.to_string());
        let builder = AmazonS3Builder::from_env().with_bucket_name("none").with_allow_http(true);
        let (builder, signed) = credentials::complete(builder.with_http_connector(Connector));
        let region = builder.get_config_value(&Key::Region);
        let region =
            region.ok_or_else(|| fail(&"no region is set: AWS_REGION, or `region` in ~/.aws/config"))?;
        let made = runtime::wait(async move {
            let options = ClientOptions::new()
                .with_allow_http(true)
                .with_timeout(Duration::from_secs(60))
                .with_connect_timeout(Duration::from_secs(10));
            Ok((builder.build()?, Connector.connect(&options)?))
        });
        let made: object_store::Result<_> = made.map_err(|e| fail(&e))?;
        let (s3, client) = made.map_err(|e| fail(&e))?;
        Ok(Self { region, credentials: signed.then(|| s3.credentials().clone()), client })
    }

    /// Calls other programs' servers: unsigned, each with half an hour for what it sends.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn unsigned() -> Result<Self> {
        let fail = |why: &dyn ToString| Error::new(Kind::Other, "open", "https", why.to_string());
        let made = runtime::wait(async move {
            let options = ClientOptions::new()
                .with_allow_http(true)
                .with_timeout(Duration::from_secs(1800))
                .with_connect_timeout(Duration::from_secs(10));
            ReqwestConnector::default().connect(&options)
        });
        let client = made.map_err(|e| fail(&e))?.map_err(|e| fail(&e))?;
        Ok(Self { region: String::new(), credentials: None, client })
    }

    /// Returns the region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Makes a call, again when it was throttled or failed in passing.
    ///
    /// # Errors
    /// When nothing answers; what a service refuses is an answer.
    pub fn call(&self, call: &Call<'_>) -> Result<Answered> {
        Retry::default().run(|| {
            let answered = self.call_once(call, true)?;
            match answered.kind() {
                Some(kind) => {
                    let why = String::from_utf8_lossy(&answered.body).into_owned();
                    Err(Error::new(kind, "call", self.url(call), why))
                }
                None => Ok(answered),
            }
        })
    }

    /// Makes a call once, signed or with the caller's own `authorization`.
    ///
    /// # Errors
    /// When nothing answers.
    pub fn call_once(&self, call: &Call<'_>, signed: bool) -> Result<Answered> {
        let url = self.url(call);
        let fail = |kind, why: &dyn ToString| Error::new(kind, "call", &url, why.to_string());
        let mut request: HttpRequest = HttpRequest::new(HttpRequestBody::from(call.body.clone()));
        *request.uri_mut() = url.parse().map_err(|_| fail(Kind::Other, &"this is no URL"))?;
        *request.method_mut() = call.method.parse().map_err(|_| fail(Kind::Other, &"no method"))?;
        for (name, value) in &call.headers {
            let value = value.parse().map_err(|_| fail(Kind::Other, &"a header has odd characters"))?;
            request.headers_mut().insert(*name, value);
        }
        let (client, credentials) = (self.client.clone(), self.credentials.clone().filter(|_| signed));
        let (service, region) = (call.service.to_string(), self.region.clone());
        let called = runtime::wait(async move {
            if let Some(credentials) = credentials {
                let credential = credentials.get_credential().await?;
                AwsAuthorizer::new(&credential, &service, &region).try_authorize(&mut request, None)?;
            }
            let broken = |source| object_store::Error::Generic { store: "AWS", source };
            let response = client.execute(request).await.map_err(|e| broken(Box::new(e)))?;
            let status = response.status().as_u16();
            let header = |name: &str| {
                response.headers().get(name).and_then(|value| value.to_str().ok()).map(String::from)
            };
            let (location, challenge) = (header("location"), header("www-authenticate"));
            let body = response.into_body().bytes().await.map_err(|e| broken(Box::new(e)))?;
            Ok::<_, object_store::Error>(Answered { status, location, challenge, body })
        });
        match called.map_err(|e| fail(Kind::Transient, &e))? {
            Ok(answered) => Ok(answered),
            Err(error) => match answer_of(&error) {
                Some(answer) => {
                    let body = Bytes::from(answer.text.clone().into_bytes());
                    Ok(Answered { status: answer.status, location: None, challenge: None, body })
                }
                None => Err(fail(Kind::Transient, &error)),
            },
        }
    }

    fn url(&self, call: &Call<'_>) -> String {
        if call.path.contains("://") {
            return call.path.to_string();
        }
        format!("{}{}", self.endpoint(call.service), call.path)
    }

    /// Returns where a service is: `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, or the region's own.
    fn endpoint(&self, service: &str) -> String {
        let own = format!("AWS_ENDPOINT_URL_{}", service.to_uppercase());
        let set = env::var(own).or_else(|_| env::var("AWS_ENDPOINT_URL")).ok();
        if let Some(url) = set.filter(|url| !url.is_empty()) {
            return url.trim_end_matches('/').to_string();
        }
        let domain = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let host = if service == "ecr" { "api.ecr" } else { service };
        format!("https://{host}.{}.{domain}", self.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_is_known_in_every_services_words() {
        let kind = |status, body: &'static str| {
            Answered { status, location: None, challenge: None, body: Bytes::from(body) }.kind()
        };
        assert_eq!(kind(400, r#"{"__type": "ThrottlingException"}"#), Some(Kind::Throttled));
        assert_eq!(kind(400, "<Error><Code>Throttling</Code></Error>"), Some(Kind::Throttled));
        assert_eq!(kind(429, r#"{"__type": "TooManyRequestsException"}"#), Some(Kind::Throttled));
        assert_eq!(kind(503, "<Code>SlowDown</Code>"), Some(Kind::Throttled));
        assert_eq!(kind(500, ""), Some(Kind::Transient));
        assert_eq!(kind(400, r#"{"__type": "ClientException"}"#), None);
        assert_eq!(kind(200, ""), None);
    }
}
