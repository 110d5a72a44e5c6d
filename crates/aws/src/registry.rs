//! Pushes an image to a registry, by the distribution API of the Open Container Initiative.

use crate::image::{Image, MANIFEST, digest};
use crate::{Aws, AwsError};
use bytes::Bytes;
use serde_json::json;
use storage::{Answered, Call};

/// Pushes an image to `registry/repository:tag` of ECR; what is there already is not sent again.
///
/// # Errors
/// When the registry refuses or does not answer.
pub fn push(aws: &Aws, uri: &str, image: &Image) -> Result<(), AwsError> {
    let fail = |message: String| AwsError {
        service: "ecr".into(),
        action: "push".into(),
        code: String::new(),
        message,
    };
    let parts = uri.split_once('/').and_then(|(host, rest)| Some((host, rest.split_once(':')?)));
    let Some((host, (repository, tag))) = parts else {
        return Err(fail(format!("`{uri}` is not REGISTRY/REPOSITORY:TAG")));
    };
    let target = "AmazonEC2ContainerRegistry_V20150921";
    let token = aws.json("ecr", target, "GetAuthorizationToken", &json!({}))?;
    let token = token["authorizationData"][0]["authorizationToken"].as_str().unwrap_or_default().to_string();
    let base = format!("https://{host}");
    let call = |method: &str, path: &str, kind: Option<&str>, body: Bytes| -> Result<Answered, AwsError> {
        let mut headers = vec![("authorization", format!("Basic {token}"))];
        headers.extend(kind.map(|kind| ("content-type", kind.to_string())));
        let path = if path.contains("://") { path.to_string() } else { format!("{base}{path}") };
        aws.raw(&Call { service: "ecr", method, path: &path, headers, body }, false)
    };
    let expect = |answered: Answered, what: &str| {
        if answered.status < 300 {
            return Ok(answered);
        }
        let said = String::from_utf8_lossy(&answered.body).into_owned();
        Err(fail(format!("{what}: the registry answered {} {said}", answered.status)))
    };
    for blob in [&image.layer, &image.config] {
        let digest = digest(blob);
        let known = call("HEAD", &format!("/v2/{repository}/blobs/{digest}"), None, Bytes::new())?;
        if known.status < 300 {
            continue;
        }
        let begun = call("POST", &format!("/v2/{repository}/blobs/uploads/"), None, Bytes::new())?;
        let place = expect(begun, "begin an upload")?.location;
        let place = place.ok_or_else(|| fail("the registry did not say where to send a layer".into()))?;
        let join = if place.contains('?') { '&' } else { '?' };
        let path = format!("{place}{join}digest={}", digest.replace(':', "%3A"));
        let sent = call("PUT", &path, Some("application/octet-stream"), Bytes::from(blob.clone()))?;
        expect(sent, "send a layer")?;
    }
    let path = format!("/v2/{repository}/manifests/{tag}");
    let sent = call("PUT", &path, Some(MANIFEST), Bytes::from(image.manifest.clone()))?;
    // The repository's tags are for good, and the tag is of the bytes.
    if String::from_utf8_lossy(&sent.body).contains("ImageTagAlreadyExists") {
        return Ok(());
    }
    expect(sent, "name the image").map(|_| ())
}
