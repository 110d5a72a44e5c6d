//! The workers' container image, made from the binary itself without a container engine.
//!
//! One layer: the binary, the certificates of public authorities where they are given, a user, a /tmp. Every byte follows from
//! what goes in: no times, no names of machines; the same binary makes the same digest.

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// Who runs in the container.
pub const USER: &str = "65532:65532";

/// An image in the form of the Open Container Initiative.
pub struct Image {
    /// The manifest.
    pub manifest: Vec<u8>,
    /// The configuration.
    pub config: Vec<u8>,
    /// The layer, gzip.
    pub layer: Vec<u8>,
}

/// Returns a digest as registries write it.
pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

impl Image {
    /// Makes the image of a static binary.
    ///
    /// # Errors
    /// When compression fails.
    pub fn of_binary(binary: &[u8], certificates: Option<&[u8]>, version: &str) -> io::Result<Self> {
        let mut tar = Tar(Vec::new());
        tar.folder("tmp/", 0o1777);
        tar.folder("etc/", 0o755);
        tar.file("etc/passwd", 0o644, b"cpb:x:65532:65532:cpb:/tmp:/cpb\n");
        tar.file("etc/group", 0o644, b"cpb:x:65532:\n");
        if let Some(certificates) = certificates {
            ["etc/ssl/", "etc/ssl/certs/"].iter().for_each(|folder| tar.folder(folder, 0o755));
            tar.file("etc/ssl/certs/ca-certificates.crt", 0o644, certificates);
        }
        tar.file("cpb", 0o755, binary);
        let tar = tar.end();
        let mut gz = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
        gz.write_all(&tar)?;
        let layer = gz.finish()?;
        let config = json!({
            "architecture": "amd64", "os": "linux",
            "config": {
                "User": USER, "Entrypoint": ["/cpb"], "WorkingDir": "/tmp",
                "Env": ["PATH=/", "HOME=/tmp", "TMPDIR=/tmp", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
                "Labels": {"org.opencontainers.image.title": "cpb", "org.opencontainers.image.version": version},
            },
            "rootfs": {"type": "layers", "diff_ids": [digest(&tar)]},
        });
        let config = config.to_string().into_bytes();
        let described = |kind: &str, bytes: &[u8]| json!({"mediaType": format!("application/vnd.oci.image.{kind}"), "size": bytes.len(), "digest": digest(bytes)});
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": described("config.v1+json", &config),
            "layers": [described("layer.v1.tar+gzip", &layer)],
        });
        Ok(Self { manifest: manifest.to_string().into_bytes(), config, layer })
    }

    /// Returns the image's digest.
    pub fn digest(&self) -> String {
        digest(&self.manifest)
    }

    /// Returns the tag that names these bytes and no others: the beginning of the digest.
    pub fn tag(&self) -> String {
        self.digest()["sha256:".len()..][..16].to_string()
    }

    /// Returns an OCI archive, as `podman load` and `skopeo` take it.
    pub fn archive(&self, name: &str) -> Vec<u8> {
        let mut tar = Tar(Vec::new());
        tar.file("oci-layout", 0o644, br#"{"imageLayoutVersion": "1.0.0"}"#);
        let index = json!({"schemaVersion": 2, "manifests": [{"mediaType": MANIFEST, "size": self.manifest.len(),
            "digest": self.digest(), "annotations": {"org.opencontainers.image.ref.name": name}}]});
        tar.file("index.json", 0o644, index.to_string().as_bytes());
        tar.folder("blobs/", 0o755);
        tar.folder("blobs/sha256/", 0o755);
        for blob in [&self.manifest, &self.config, &self.layer] {
            tar.file(&format!("blobs/sha256/{}", &digest(blob)["sha256:".len()..]), 0o644, blob);
        }
        tar.end()
    }

    /// Returns what is in the image, in the form of CycloneDX 1.5; `lock` is the text of Cargo.lock.
    pub fn bill_of_materials(&self, lock: &str, version: &str) -> Value {
        let table: toml::Table = lock.parse().unwrap_or_default();
        let packages = table.get("package").and_then(toml::Value::as_array);
        let field = |package: &toml::Value, name: &str| {
            package.get(name).and_then(toml::Value::as_str).map(String::from)
        };
        let components = packages.into_iter().flatten().filter_map(|package| {
            let (name, version) = (field(package, "name")?, field(package, "version")?);
            let mut component = json!({"type": "library", "name": name, "version": version,
                "purl": format!("pkg:cargo/{name}@{version}")});
            if let Some(sum) = field(package, "checksum") {
                component["hashes"] = json!([{"alg": "SHA-256", "content": sum}]);
            }
            Some(component)
        });
        json!({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "metadata": {"component": {"type": "container", "name": "cpb", "version": version, "hashes":
                [{"alg": "SHA-256", "content": &self.digest()["sha256:".len()..]}]}},
            "components": components.collect::<Vec<_>>()})
    }
}

/// The media type of a manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Returns the zip that Lambda runs: the binary under the name `bootstrap`.
///
/// # Errors
/// When compression fails.
pub fn bootstrap(binary: &[u8]) -> io::Result<Vec<u8>> {
    use zip::write::{SimpleFileOptions, ZipWriter};
    let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().unix_permissions(0o755).last_modified_time(zip::DateTime::default());
    zip.start_file("bootstrap", options).map_err(io::Error::other)?;
    zip.write_all(binary)?;
    Ok(zip.finish().map_err(io::Error::other)?.into_inner())
}

/// Writes the ustar format, all owned by root at the beginning of time.
struct Tar(Vec<u8>);

impl Tar {
    fn folder(&mut self, path: &str, mode: u32) {
        self.entry(path, mode, b'5', &[]);
    }

    fn file(&mut self, path: &str, mode: u32, bytes: &[u8]) {
        self.entry(path, mode, b'0', bytes);
    }

    fn entry(&mut self, path: &str, mode: u32, kind: u8, bytes: &[u8]) {
        let mut head = [0; 512];
        let mut put = |at: usize, text: &[u8]| head[at..at + text.len()].copy_from_slice(text);
        put(0, path.as_bytes());
        put(100, format!("{mode:07o}").as_bytes());
        put(108, b"0000000");
        put(116, b"0000000");
        put(124, format!("{:011o}", bytes.len()).as_bytes());
        put(136, b"00000000000");
        put(148, b"        ");
        put(156, &[kind]);
        put(257, b"ustar\x0000");
        let sum: u32 = head.iter().map(|&byte| u32::from(byte)).sum();
        head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&head);
        self.0.extend_from_slice(bytes);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_binary_makes_the_same_image() {
        let image = |binary: &[u8]| Image::of_binary(binary, Some(b"certificates"), "1").expect("an image");
        assert_eq!(image(b"binary").digest(), image(b"binary").digest());
        assert_ne!(image(b"binary").digest(), image(b"other").digest());
        assert_eq!(bootstrap(b"binary").expect("a zip"), bootstrap(b"binary").expect("a zip"));
    }
}
