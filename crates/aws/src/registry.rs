//! Images in registries, by the distribution API of the Open Container Initiative.

use crate::image::{Base, Image, MANIFEST, digest};
use crate::{Aws, AwsError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use std::cell::RefCell;
use storage::{Answered, Api, Call};

/// The kinds of manifest that are understood: an image or a choice of images, in the words of either standard.
const KINDS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// Where an image is: `registry/repository:tag`, or `@sha256:…` in place of the tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The registry's host, and port if it has one.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// The tag or digest.
    pub tag: String,
}

impl Reference {
    /// Reads a reference; a name without a registry is of Docker Hub, as everywhere.
    ///
    /// # Errors
    /// When there is no tag.
    pub fn parse(text: &str) -> Result<Self, AwsError> {
        let none = || fail(format!("`{text}` is not REGISTRY/REPOSITORY:TAG"));
        let (registry, rest) = match text.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
            _ => ("docker.io", text),
        };
        let (repository, tag) = rest.split_once('@').or_else(|| rest.rsplit_once(':')).ok_or_else(none)?;
        if repository.is_empty() || tag.is_empty() {
            return Err(none());
        }
        let registry = if registry == "docker.io" { "registry-1.docker.io" } else { registry };
        Ok(Self { registry: registry.into(), repository: repository.into(), tag: tag.into() })
    }

    /// Returns the registry's address; on this machine it speaks without TLS.
    fn base(&self) -> String {
        let here = ["localhost", "127.0.0.1"].contains(&self.registry.split(':').next().unwrap_or_default());
        format!("{}://{}", if here { "http" } else { "https" }, self.registry)
    }
}

/// One repository of a registry.
pub struct Repository {
    api: Api,
    place: Reference,
    login: Option<String>,
    authorization: RefCell<Option<String>>,
}

impl Repository {
    /// Opens the repository of a reference: with ECR's token where it is one of ECR's, else with user and password, if any.
    ///
    /// # Errors
    /// When ECR gives no token.
    pub fn open(place: &Reference, login: Option<(String, String)>) -> Result<Self, AwsError> {
        let api = Api::unsigned().map_err(|error| fail(error.to_string()))?;
        let login = if place.registry.contains(".dkr.ecr.") {
            let target = "AmazonEC2ContainerRegistry_V20150921";
            let answer = Aws::from_environment()?.json("ecr", target, "GetAuthorizationToken", &json!({}))?;
            let token = answer["authorizationData"][0]["authorizationToken"].as_str();
            token.map(|token| format!("Basic {token}"))
        } else {
            login.map(|(user, password)| format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
        };
        let authorization = RefCell::new(login.clone());
        Ok(Self { api, place: place.clone(), login, authorization })
    }

    fn once(
        &self,
        method: &str,
        url: &str,
        headers: &[(&'static str, String)],
        body: &Bytes,
    ) -> Result<Answered, AwsError> {
        let mut headers = headers.to_vec();
        // A place to send to may be another server's, whose address says enough.
        if url.starts_with(&self.place.base()) {
            headers.extend(self.authorization.borrow().clone().map(|a| ("authorization", a)));
        }
        let call = Call { service: "registry", method, path: url, headers, body: body.clone() };
        self.api.call_once(&call, false).map_err(|error| fail(error.to_string()))
    }

    fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, String)],
        body: Bytes,
    ) -> Result<Answered, AwsError> {
        let url =
            if path.contains("://") { path.to_string() } else { format!("{}{path}", self.place.base()) };
        let answered = self.once(method, &url, headers, &body)?;
        let challenge = answered.challenge.clone().filter(|_| answered.status == 401);
        match challenge.as_deref().and_then(|challenge| challenge.strip_prefix("Bearer ")) {
            Some(challenge) => {
                self.take_token(challenge)?;
                self.once(method, &url, headers, &body)
            }
            None => Ok(answered),
        }
    }

    /// Asks for the token that a registry's challenge names.
    fn take_token(&self, challenge: &str) -> Result<(), AwsError> {
        let field = |name: &str| {
            let begin = challenge.find(&format!("{name}=\""))? + name.len() + 2;
            challenge[begin..].split('"').next()
        };
        let realm = field("realm").ok_or_else(|| fail("the registry does not say who signs in".into()))?;
        let query: Vec<String> = ["service", "scope"]
            .iter()
            .filter_map(|name| Some(format!("{name}={}", crate::client::escaped(field(name)?))))
            .collect();
        let join = if realm.contains('?') { '&' } else { '?' };
        let headers = self.login.clone().map(|login| ("authorization", login)).into_iter().collect();
        let url = format!("{realm}{join}{}", query.join("&"));
        let call = Call { service: "registry", method: "GET", path: &url, headers, body: Bytes::new() };
        let answered = self.api.call_once(&call, false).map_err(|error| fail(error.to_string()))?;
        let answer: Value = serde_json::from_slice(&expect(answered, "sign in")?.body).unwrap_or_default();
        let token = answer["token"].as_str().or_else(|| answer["access_token"].as_str());
        let token = token.ok_or_else(|| fail("the registry gave no token".into()))?;
        *self.authorization.borrow_mut() = Some(format!("Bearer {token}"));
        Ok(())
    }

    fn manifest(&self, tag: &str) -> Result<Value, AwsError> {
        let path = format!("/v2/{}/manifests/{tag}", self.place.repository);
        let answered = self.call("GET", &path, &[("accept", KINDS.to_string())], Bytes::new())?;
        let body = expect(answered, &format!("read `{}:{tag}`", self.place.repository))?.body;
        if tag.starts_with("sha256:") && digest(&body) != tag {
            return Err(fail(format!("the registry's manifest is not {tag}")));
        }
        serde_json::from_slice(&body).map_err(|error| fail(format!("the manifest of {tag}: {error}")))
    }

    /// Returns what an image of the repository is made of, for a kind of processor (`amd64`, `arm64`).
    ///
    /// # Errors
    /// When the registry has no such image.
    pub fn base(&self, architecture: &str) -> Result<Base, AwsError> {
        let mut manifest = self.manifest(&self.place.tag)?;
        if let Some(images) = manifest["manifests"].as_array() {
            let fits = |image: &&Value| {
                image["platform"]["os"] == "linux" && image["platform"]["architecture"] == architecture
            };
            let image = images.iter().find(fits).and_then(|image| image["digest"].as_str());
            let image = image.ok_or_else(|| {
                fail(format!("`{}` has no image for {architecture}", self.place.repository))
            })?;
            manifest = self.manifest(image)?;
        }
        let config = manifest["config"]["digest"].as_str().unwrap_or_default().to_string();
        let config = serde_json::from_slice(&self.blob(&config)?);
        let config = config.map_err(|error| fail(format!("the base's configuration: {error}")))?;
        Ok(Base { manifest, config })
    }

    /// Returns a layer or configuration.
    ///
    /// # Errors
    /// When the registry has none, or gives something else.
    pub fn blob(&self, of: &str) -> Result<Bytes, AwsError> {
        let path = format!("/v2/{}/blobs/{of}", self.place.repository);
        let body = expect(self.call("GET", &path, &[], Bytes::new())?, &format!("read {of}"))?.body;
        if digest(&body) == of {
            Ok(body)
        } else {
            Err(fail(format!("the registry's {of} is something else")))
        }
    }

    /// Pushes an image under the reference's tag; what is there already is not sent again. The layers of its base come
    /// from `below`, one at a time.
    ///
    /// # Errors
    /// When a registry refuses or does not answer.
    pub fn push(&self, image: &Image, below: Option<&Self>) -> Result<(), AwsError> {
        for layer in image.base_layers() {
            let below = below.ok_or_else(|| fail("the layers below are nowhere to be had".into()))?;
            if !self.has(layer)? {
                self.send(layer, below.blob(layer)?)?;
            }
        }
        for blob in [&image.layer, &image.config] {
            let digest = digest(blob);
            if !self.has(&digest)? {
                self.send(&digest, Bytes::from(blob.clone()))?;
            }
        }
        let path = format!("/v2/{}/manifests/{}", self.place.repository, self.place.tag);
        let kind = [("content-type", MANIFEST.to_string())];
        let sent = self.call("PUT", &path, &kind, Bytes::from(image.manifest.clone()))?;
        // The repository's tags are for good, and the tag is of the bytes.
        if String::from_utf8_lossy(&sent.body).contains("ImageTagAlreadyExists") {
            return Ok(());
        }
        expect(sent, "name the image").map(|_| ())
    }

    fn has(&self, digest: &str) -> Result<bool, AwsError> {
        let path = format!("/v2/{}/blobs/{digest}", self.place.repository);
        Ok(self.call("HEAD", &path, &[], Bytes::new())?.status < 300)
    }

    fn send(&self, digest: &str, blob: Bytes) -> Result<(), AwsError> {
        let begin = format!("/v2/{}/blobs/uploads/", self.place.repository);
        let begun = expect(self.call("POST", &begin, &[], Bytes::new())?, "begin an upload")?;
        let place = begun.location.ok_or_else(|| fail("the registry did not say where to send".into()))?;
        let join = if place.contains('?') { '&' } else { '?' };
        let path = format!("{place}{join}digest={}", digest.replace(':', "%3A"));
        let kind = [("content-type", "application/octet-stream".to_string())];
        expect(self.call("PUT", &path, &kind, blob)?, "send a layer").map(|_| ())
    }
}

fn fail(message: String) -> AwsError {
    AwsError { service: "registry".into(), action: "call".into(), code: String::new(), message }
}

fn expect(answered: Answered, what: &str) -> Result<Answered, AwsError> {
    if answered.status < 300 {
        return Ok(answered);
    }
    let said: String = String::from_utf8_lossy(&answered.body).chars().take(300).collect();
    Err(fail(format!("{what}: the registry answered {} {said}", answered.status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_everywhere() {
        let parts = |text: &str| {
            let Reference { registry, repository, tag } = Reference::parse(text).expect("a reference");
            (registry, repository, tag)
        };
        let hub = ("registry-1.docker.io".into(), "cellprofiler/cellprofiler".into(), "4.2.8".into());
        assert_eq!(parts("cellprofiler/cellprofiler:4.2.8"), hub);
        assert_eq!(parts("docker.io/cellprofiler/cellprofiler:4.2.8"), hub);
        assert_eq!(parts("127.0.0.1:5000/a/b@sha256:00").2, "sha256:00");
        assert!(Reference::parse("127.0.0.1:5000/a").is_err() && Reference::parse("a").is_err());
    }
}
