use super::answers::kind_of;
use super::runtime;
use crate::{Backend, Condition, Entry, Error, Kind, Meta, OpenError, Pages, Put, Result, Upload, Version};
use bytes::Bytes;
use reqwest::{Client, RequestBuilder, Response};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A web server's files, to read. A key is what follows the host, as it stands in the URL.
#[derive(Debug)]
pub struct Web {
    host: String,
    client: Client,
}

impl Web {
    /// Opens a server, `https://host`; nothing is asked of it yet.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn open(host: &str) -> std::result::Result<Self, OpenError> {
        let made = runtime::wait(async {
            let builder = Client::builder().connect_timeout(Duration::from_secs(10));
            builder.read_timeout(Duration::from_secs(60)).build()
        });
        let fail = |why: &dyn ToString| Error::new(Kind::Other, "open", host, why.to_string());
        let client = made.map_err(|error| fail(&error))?.map_err(|error| fail(&error))?;
        Ok(Self { host: host.to_string(), client })
    }

    /// Makes a request and takes what is wanted of its answer, which is good.
    fn ask<T: Send + 'static, F: Future<Output = reqwest::Result<T>> + Send>(
        &self,
        doing: &'static str,
        key: &str,
        request: RequestBuilder,
        take: impl FnOnce(Response) -> F + Send + 'static,
    ) -> Result<T> {
        let fail = |kind, why: &dyn ToString| Error::new(kind, doing, self.url(key), why.to_string());
        let asked = runtime::wait(async move {
            let response = request.send().await?;
            let status = response.status();
            if status.is_success() { take(response).await.map(Ok) } else { Ok(Err(status)) }
        });
        match asked.map_err(|error| fail(Kind::Transient, &error))? {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(status)) if kind_of(status.as_u16()) == Kind::NotFound => {
                Err(Error::not_found(doing, self.url(key)))
            }
            Ok(Err(status)) => Err(fail(kind_of(status.as_u16()), &status)),
            Err(error) if error.is_builder() => Err(fail(Kind::Other, &error.without_url())),
            Err(error) => Err(fail(Kind::Transient, &error.without_url())),
        }
    }

    fn read_only<T>(&self, doing: &'static str, key: &str) -> Result<T> {
        Err(Error::new(Kind::Other, doing, self.url(key), "web servers' files can only be read"))
    }
}

/// Returns what the server calls the file's contents.
fn tag_of(response: &Response) -> String {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    header("etag").or_else(|| header("last-modified")).unwrap_or_default().to_string()
}

impl Backend for Web {
    fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.host)
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<(Bytes, Version)> {
        let mut request = self.client.get(self.url(key));
        if let Some(range) = &range {
            request =
                request.header("range", format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
        }
        let got = self.ask("read", key, request, |response| async {
            let (part, tag) = (response.status().as_u16() == 206, tag_of(&response));
            Ok((response.bytes().await?, part, tag))
        });
        let (bytes, part, tag) = got?;
        // A server may send the whole file though a part was asked for.
        let Some(range) = range.filter(|_| !part) else { return Ok((bytes, Version(tag))) };
        let at = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(bytes.len());
        Ok((bytes.slice(at(range.start)..at(range.end)), Version(tag)))
    }

    fn head(&self, key: &str) -> Result<Meta> {
        let request = self.client.head(self.url(key));
        let (size, tag) = self.ask("see", key, request, |response| async move {
            let size =
                response.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
            Ok((size, tag_of(&response)))
        })?;
        let unknown =
            || Error::new(Kind::Other, "see", self.url(key), "the server does not say how large it is");
        let size = size.ok_or_else(unknown)?;
        Ok(Meta { key: key.to_string(), size, modified: SystemTime::UNIX_EPOCH, tag })
    }

    fn put(&self, key: &str, _: &Bytes, _: &Condition) -> Result<Put> {
        self.read_only("write", key)
    }

    fn list(&self, folder: &str, _: bool) -> Box<dyn Pages + '_> {
        Box::new(NoPages { web: self, folder: folder.to_string() })
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.read_only("remove", key)
    }

    fn copy(&self, _: &str, to: &str) -> Result<()> {
        self.read_only("write", to)
    }

    fn upload(self: Arc<Self>, key: &str) -> Result<Box<dyn Upload>> {
        self.read_only("write", key)
    }
}

struct NoPages<'a> {
    web: &'a Web,
    folder: String,
}

impl Pages for NoPages<'_> {
    fn next_page(&mut self) -> Result<Option<Vec<Entry>>> {
        Err(Error::new(Kind::Other, "list", self.web.url(&self.folder), "web servers have no listings"))
    }
}
