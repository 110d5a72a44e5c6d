use crate::Kind;
use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
    ReqwestConnector,
};
use std::error::Error;

/// An answer that `object_store` would give on as text alone.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{status} {}", said(text))]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The region that the bucket is in, where the server says so.
    pub region: Option<String>,
    /// What the server wrote.
    pub text: String,
}

impl Answer {
    /// Returns what kind of failure the answer is.
    pub fn kind(&self) -> Kind {
        kind_of(self.status)
    }
}

/// Returns what kind of failure an HTTP status is.
pub fn kind_of(status: u16) -> Kind {
    match status {
        404 | 410 => Kind::NotFound,
        401 | 403 => Kind::Denied,
        429 | 503 => Kind::Throttled,
        // 409: another conditional write is under way.
        408 | 409 | 500..=599 => Kind::Transient,
        _ => Kind::Other,
    }
}

/// Returns the message of S3's XML, or the text's beginning.
fn said(text: &str) -> String {
    let inside = |tag: &str| {
        let start = text.find(&format!("<{tag}>"))? + tag.len() + 2;
        text.get(start..start + text[start..].find("</")?)
    };
    match (inside("Code"), inside("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => text.chars().take(200).collect(),
    }
}

/// Returns the answer that caused an error.
pub fn answer_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Answer> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// Returns what kind of failure `object_store` reports.
pub fn kind(error: &object_store::Error) -> Kind {
    use object_store::Error as E;
    if let Some(answer) = answer_of(error) {
        return answer.kind();
    }
    match error {
        E::NotFound { .. } => return Kind::NotFound,
        E::PermissionDenied { .. } | E::Unauthenticated { .. } => return Kind::Denied,
        E::Generic { .. } => {}
        _ => return Kind::Other,
    }
    // Errors that S3 reports with status 200.
    let text = error.to_string();
    if text.contains("SlowDown") {
        return Kind::Throttled;
    }
    let broken = causes(error).filter_map(|cause| cause.downcast_ref::<HttpError>());
    if broken.count() > 0 || text.contains("InternalError") { Kind::Transient } else { Kind::Other }
}

/// Returns what a user should read of an error.
pub fn why(error: &object_store::Error) -> String {
    let answer = answer_of(error).map(ToString::to_string);
    answer.unwrap_or_else(|| causes(error).last().map_or_else(String::new, ToString::to_string))
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// Makes clients that keep what servers answer.
#[derive(Debug)]
pub struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Service(ReqwestConnector::default().connect(options)?)))
    }
}

#[derive(Debug)]
struct Service(HttpClient);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let response = self.0.execute(request).await?;
        let status = response.status().as_u16();
        let region = response.headers().get("x-amz-bucket-region");
        let region = region.and_then(|value| value.to_str().ok()).map(str::to_string);
        // 304, 404 and 412 decide conditional calls: `object_store` knows them.
        if !matches!(status, 300..=303 | 305..=403 | 405..=411 | 413..=599) {
            return Ok(response);
        }
        let body = response.into_body().bytes().await.unwrap_or_default();
        let text = String::from_utf8_lossy(&body).into_owned();
        Err(HttpError::new(HttpErrorKind::Decode, Answer { status, region, text }))
    }
}
