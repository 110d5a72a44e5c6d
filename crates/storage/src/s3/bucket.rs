use super::answers::{self, Connector, answer_of};
use super::{credentials, runtime};
use crate::{
    Backend, Condition, Entry, Error, Kind, Meta, OpenError, Pages, Put, Result, S3Options, Upload, Version,
};
use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey as Key};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    ClientOptions, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload, RetryConfig, UpdateVersion,
};
use std::future::Future;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A bucket of S3, or of what speaks like it.
#[derive(Debug)]
pub struct S3 {
    bucket: String,
    builder: AmazonS3Builder,
    /// Whether there is anything to sign calls with.
    has_credentials: bool,
    clients: Mutex<Clients>,
}

/// How the bucket is spoken to, as learnt from its answers.
#[derive(Clone, Debug)]
struct Clients {
    signed: Arc<AmazonS3>,
    /// Reads as anybody may, once signed reads were refused; then whether it is better.
    anonymous: Option<(Arc<AmazonS3>, bool)>,
    region: Option<String>,
}

/// Who is asking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

impl S3 {
    /// Opens a bucket; nothing is asked of it yet.
    ///
    /// # Errors
    /// When the environment's settings are no use.
    pub fn open(bucket: &str, options: &S3Options) -> std::result::Result<Self, OpenError> {
        let client = ClientOptions::new()
            .with_timeout_disabled()
            .with_connect_timeout(Duration::from_secs(10))
            .with_read_timeout(Duration::from_secs(60));
        // Retries are the store's: it counts them, and knows when an answer was lost.
        let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        let builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_client_options(client)
            .with_retry(retry)
            .with_http_connector(Connector)
            .with_request_payer(options.requester_pays);
        let (mut builder, has_credentials) = credentials::complete(builder);
        if let Some(key) = &options.kms_key {
            builder = builder.with_sse_kms_encryption(key);
        }
        let plain = |url: String| url.starts_with("http://");
        if builder.get_config_value(&Key::Endpoint).is_some_and(plain) {
            builder = builder.with_allow_http(true);
        }
        let builder = if has_credentials { builder } else { builder.with_skip_signature(true) };
        let region = builder.get_config_value(&Key::Region);
        let signed = build(bucket, builder.clone())?;
        let clients = Mutex::new(Clients { signed, anonymous: None, region });
        Ok(Self { bucket: bucket.to_string(), builder, has_credentials, clients })
    }

    fn clients(&self) -> Clients {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a call with the client that fits best, again with another when the bucket's answer says so.
    fn call<T, F>(
        &self,
        access: Access,
        doing: &'static str,
        key: &str,
        make: impl Fn(Arc<AmazonS3>, Path) -> F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = object_store::Result<T>> + Send + 'static,
    {
        let fail = |kind, why: &dyn ToString| Error::new(kind, doing, self.url(key), why.to_string());
        let path = Path::parse(key).map_err(|error| fail(Kind::Other, &error))?;
        loop {
            let clients = self.clients();
            let client = match (&clients.anonymous, access) {
                (Some((anonymous, true)), Access::Read) => anonymous.clone(),
                _ => clients.signed.clone(),
            };
            let made = runtime::wait(make(client, path.clone()));
            let error = match made.map_err(|error| fail(Kind::Transient, &error))? {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let kind = answers::kind(&error);
            let region = answer_of(&error).and_then(|answer| answer.region.clone());
            if kind != Kind::NotFound && region.is_some() && region != clients.region {
                self.move_to(region)?;
                continue;
            }
            if kind == Kind::Denied
                && access == Access::Read
                && self.has_credentials
                && clients.anonymous.is_none()
            {
                let anonymous = build(&self.bucket, self.builder.clone().with_skip_signature(true))?;
                let tried = runtime::wait(make(anonymous.clone(), path.clone()));
                let tried = tried.map_err(|error| fail(Kind::Transient, &error))?;
                let better = tried.is_ok();
                self.clients.lock().unwrap_or_else(PoisonError::into_inner).anonymous =
                    Some((anonymous, better));
                if let Ok(value) = tried {
                    return Ok(value);
                }
            }
            let mut why = answers::why(&error);
            if kind == Kind::NotFound && !why.contains("NoSuchBucket") {
                return Err(Error::not_found(doing, self.url(key)));
            }
            if kind == Kind::Denied && !self.has_credentials {
                why.push_str(
                    "; there are no AWS credentials in the environment, ~/.aws/credentials or this machine's role (after \
                     `aws sso login`: eval \"$(aws configure export-credentials --format env)\")",
                );
            }
            return Err(fail(kind, &why));
        }
    }

    /// Speaks to the bucket in the region it says it is in.
    fn move_to(&self, region: Option<String>) -> Result<()> {
        let builder = self.builder.clone().with_region(region.clone().unwrap_or_default());
        let clients = Clients { signed: build(&self.bucket, builder)?, anonymous: None, region };
        *self.clients.lock().unwrap_or_else(PoisonError::into_inner) = clients;
        Ok(())
    }
}

fn build(bucket: &str, builder: AmazonS3Builder) -> Result<Arc<AmazonS3>> {
    // Clients are made where their connections run.
    let url = format!("s3://{bucket}");
    let built = runtime::wait(async move { builder.build() });
    let built = built.map_err(|error| Error::new(Kind::Other, "open", &url, error))?;
    built.map(Arc::new).map_err(|error| Error::new(Kind::Other, "open", url, error))
}

fn version_of(tag: Option<String>) -> Version {
    Version(tag.unwrap_or_default())
}

fn meta_of(meta: ObjectMeta) -> Meta {
    let (key, modified) = (meta.location.as_ref().to_string(), meta.last_modified.into());
    Meta { key, size: meta.size, modified, tag: meta.e_tag.unwrap_or_default() }
}

impl Backend for S3 {
    fn url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<(Bytes, Version)> {
        let past_the_end =
            |error: &object_store::Error| answer_of(error).is_some_and(|answer| answer.status == 416);
        self.call(Access::Read, "read", key, |client, path| {
            let options = GetOptions { range: range.clone().map(GetRange::Bounded), ..GetOptions::default() };
            async move {
                match client.get_opts(&path, options).await {
                    Ok(got) => {
                        let version = version_of(got.meta.e_tag.clone());
                        Ok((got.bytes().await?, version))
                    }
                    Err(error) if past_the_end(&error) => {
                        Ok((Bytes::new(), version_of(client.head(&path).await?.e_tag)))
                    }
                    Err(error) => Err(error),
                }
            }
        })
    }

    fn head(&self, key: &str) -> Result<Meta> {
        let head = |client: Arc<AmazonS3>, path| async move { client.head(&path).await };
        self.call(Access::Read, "see", key, head).map(meta_of)
    }

    fn put(&self, key: &str, bytes: &Bytes, condition: &Condition) -> Result<Put> {
        let mode = match condition {
            Condition::Always => PutMode::Overwrite,
            Condition::Absent => PutMode::Create,
            Condition::Version(Version(tag)) => {
                PutMode::Update(UpdateVersion { e_tag: Some(tag.clone()), version: None })
            }
        };
        self.call(Access::Write, "write", key, |client, path| {
            let (mode, payload) = (mode.clone(), PutPayload::from(bytes.clone()));
            async move {
                use object_store::Error as E;
                match client.put_opts(&path, payload, PutOptions::from(mode)).await {
                    Ok(put) => Ok(Put::Done(version_of(put.e_tag))),
                    Err(E::AlreadyExists { .. } | E::Precondition { .. }) => Ok(Put::Refused),
                    Err(error) => Err(error),
                }
            }
        })
    }

    fn list(&self, folder: &str, deep: bool) -> Box<dyn Pages + '_> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        Box::new(S3Pages { s3: self, prefix, deep, token: None, ended: false })
    }

    fn delete(&self, key: &str) -> Result<()> {
        let delete = |client: Arc<AmazonS3>, path| async move { client.delete(&path).await };
        match self.call(Access::Write, "remove", key, delete) {
            Err(error) if error.kind == Kind::NotFound => Ok(()),
            ended => ended,
        }
    }

    fn copy(&self, from: &str, to: &str) -> Result<()> {
        let source =
            Path::parse(from).map_err(|error| Error::new(Kind::Other, "copy", self.url(from), error))?;
        let copied = self.call(Access::Write, "copy", to, |client, path| {
            let source = source.clone();
            async move { client.copy(&source, &path).await }
        });
        copied.map_err(|error| match error.kind {
            Kind::NotFound => Error::not_found("copy", self.url(from)),
            _ => error,
        })
    }

    fn upload(self: Arc<Self>, key: &str) -> Result<Box<dyn Upload>> {
        let start = |client: Arc<AmazonS3>, path| async move { client.create_multipart(&path).await };
        let id = self.call(Access::Write, "write", key, start)?;
        Ok(Box::new(S3Upload { s3: self, key: key.to_string(), id, parts: Vec::new() }))
    }
}

struct S3Pages<'a> {
    s3: &'a S3,
    prefix: String,
    deep: bool,
    token: Option<String>,
    ended: bool,
}

impl S3Pages<'_> {
    /// Returns whether an empty object is the mark of a folder: a key with a slash at its end, which is lost on the way.
    fn is_folder_mark(&self, key: &str) -> Result<bool> {
        let prefix = format!("{key}/");
        let listed = self.s3.call(Access::Read, "list", key, |client, _| {
            let (prefix, options) =
                (prefix.clone(), PaginatedListOptions { max_keys: Some(1), ..Default::default() });
            async move { client.list_paginated(Some(&prefix), options).await }
        })?;
        Ok(listed.result.objects.iter().any(|object| object.location.as_ref() == key))
    }
}

impl Pages for S3Pages<'_> {
    fn next_page(&mut self) -> Result<Option<Vec<Entry>>> {
        while !self.ended {
            let folder = self.prefix.trim_end_matches('/');
            let page = self.s3.call(Access::Read, "list", folder, |client, _| {
                let delimiter = (!self.deep).then_some("/".into());
                let options =
                    PaginatedListOptions { delimiter, page_token: self.token.clone(), ..Default::default() };
                let prefix = self.prefix.clone();
                async move { client.list_paginated(Some(&prefix), options).await }
            })?;
            let folders = page.result.common_prefixes.into_iter();
            let mut entries: Vec<Entry> =
                folders.map(|path| Entry::Folder(path.as_ref().to_string())).collect();
            for object in page.result.objects.into_iter().map(meta_of) {
                let inside = object.key.starts_with(&self.prefix);
                if inside && (object.size > 0 || !self.is_folder_mark(&object.key)?) {
                    entries.push(Entry::File(object));
                }
            }
            entries.sort_by(|a, b| a.order().cmp(b.order()));
            self.ended = page.page_token.is_none();
            self.token = page.page_token;
            if !entries.is_empty() {
                return Ok(Some(entries));
            }
        }
        Ok(None)
    }
}

struct S3Upload {
    s3: Arc<S3>,
    key: String,
    id: String,
    parts: Vec<PartId>,
}

impl Upload for S3Upload {
    fn part(&mut self, index: usize, bytes: Bytes) -> Result<()> {
        let part = self.s3.call(Access::Write, "write", &self.key, |client, path| {
            let (id, payload) = (self.id.clone(), PutPayload::from(bytes.clone()));
            async move { client.put_part(&path, &id, index, payload).await }
        })?;
        self.parts.truncate(index);
        self.parts.push(part);
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let finished = self.s3.call(Access::Write, "write", &self.key, |client, path| {
            let (id, parts) = (self.id.clone(), self.parts.clone());
            async move { client.complete_multipart(&path, &id, parts).await }
        });
        finished.map(|_| ())
    }

    fn abort(&mut self) -> Result<()> {
        self.s3.call(Access::Write, "write", &self.key, |client, path| {
            let id = self.id.clone();
            async move { client.abort_multipart(&path, &id).await }
        })
    }
}
