//! The workers' container image, made from the binary itself without a container engine.
//!
//! One layer: the binary, the certificates of public authorities where they are given, a user, a /tmp. The CellProfiler engine's
//! image is the official one with the binary in one layer more. Every byte follows from what goes in: no times, no names of
//! machines; the same binary makes the same digest.

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
    /// The layer, gzip: the uppermost.
    pub layer: Vec<u8>,
    /// Digests of the layers below, the lowest first.
    below: Vec<String>,
}

/// An image that ours is a layer on.
pub struct Base {
    /// Its manifest.
    pub manifest: Value,
    /// Its configuration.
    pub config: Value,
}

/// Returns the kind of processor that an ELF binary is for, as images name it.
pub fn architecture(binary: &[u8]) -> Option<&'static str> {
    match (binary.get(..4)?, binary.get(18..20)?) {
        (b"\x7fELF", [62, 0]) => Some("amd64"),
        (b"\x7fELF", [183, 0]) => Some("arm64"),
        _ => None,
    }
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
        let config = json!({
            "architecture": architecture(binary).unwrap_or("amd64"), "os": "linux",
            "config": {
                "User": USER, "Entrypoint": ["/cpb"], "WorkingDir": "/tmp",
                "Env": ["PATH=/", "HOME=/tmp", "TMPDIR=/tmp", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
                "Labels": {"org.opencontainers.image.title": "cpb", "org.opencontainers.image.version": version},
            },
            "rootfs": {"type": "layers", "diff_ids": [digest(&tar)]},
        });
        Self::of_parts(&config, &tar, &[])
    }

    /// Makes an image of another and a static binary, which runs the other's program.
    ///
    /// # Errors
    /// When compression fails.
    pub fn over(base: &Base, binary: &[u8], version: &str) -> io::Result<Self> {
        let mut tar = Tar(Vec::new());
        tar.file("cpb", 0o755, binary);
        let tar = tar.end();
        let mut config = base.config.clone();
        let inner = &mut config["config"];
        let program = inner["Entrypoint"][0].as_str().unwrap_or("cellprofiler").to_string();
        let mut environment = inner["Env"].as_array().cloned().unwrap_or_default();
        let ours = [("HOME", "/tmp"), ("TMPDIR", "/tmp"), ("CPB_CELLPROFILER", &program)];
        for (name, value) in ours {
            let start = format!("{name}=");
            environment.retain(|known| !known.as_str().is_some_and(|known| known.starts_with(&start)));
            environment.push(json!(format!("{name}={value}")));
        }
        inner["Env"] = json!(environment);
        inner["Entrypoint"] = json!(["/cpb"]);
        inner["Cmd"] = Value::Null;
        inner["User"] = json!(USER);
        inner["WorkingDir"] = json!("/tmp");
        inner["Labels"]["org.opencontainers.image.version"] = json!(version);
        if let Some(layers) = config["rootfs"]["diff_ids"].as_array_mut() {
            layers.push(json!(digest(&tar)));
        }
        if let Some(history) = config["history"].as_array_mut() {
            history.push(json!({"created_by": format!("cpb {version}")}));
        }
        let below = base.manifest["layers"].as_array().cloned().unwrap_or_default();
        Self::of_parts(&config, &tar, &below)
    }

    fn of_parts(config: &Value, tar: &[u8], below: &[Value]) -> io::Result<Self> {
        let mut gz = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
        gz.write_all(tar)?;
        let layer = gz.finish()?;
        let config = config.to_string().into_bytes();
        let described = |kind: &str, bytes: &[u8]| json!({"mediaType": format!("application/vnd.oci.image.{kind}"), "size": bytes.len(), "digest": digest(bytes)});
        let mut layers: Vec<Value> = below.to_vec();
        for layer in &mut layers {
            // The same bytes, by the other standard's name.
            if layer["mediaType"] == "application/vnd.docker.image.rootfs.diff.tar.gzip" {
                layer["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar+gzip");
            }
        }
        layers.push(described("layer.v1.tar+gzip", &layer));
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": described("config.v1+json", &config),
            "layers": layers,
        });
        let below = below.iter().filter_map(|layer| layer["digest"].as_str().map(String::from)).collect();
        Ok(Self { manifest: manifest.to_string().into_bytes(), config, layer, below })
    }

    /// Returns the digests of the layers below ours, the lowest first.
    pub fn base_layers(&self) -> impl Iterator<Item = &str> {
        self.below.iter().map(String::as_str)
    }

    /// Returns the image's digest.
    pub fn digest(&self) -> String {
        digest(&self.manifest)
    }

    /// Returns the tag that names these bytes and no others: the beginning of the digest.
    pub fn tag(&self) -> String {
        self.digest()["sha256:".len()..][..16].to_string()
    }

    /// Writes an OCI archive, as `podman load` and `skopeo` take it; `below` gives the layers below ours.
    ///
    /// # Errors
    /// When it cannot be written, or a layer is not to be had.
    pub fn archive(
        &self,
        name: &str,
        to: &mut dyn Write,
        mut below: impl FnMut(&str) -> io::Result<Vec<u8>>,
    ) -> io::Result<()> {
        let mut tar = Tar(Vec::new());
        tar.file("oci-layout", 0o644, br#"{"imageLayoutVersion": "1.0.0"}"#);
        let index = json!({"schemaVersion": 2, "manifests": [{"mediaType": MANIFEST, "size": self.manifest.len(),
            "digest": self.digest(), "annotations": {"org.opencontainers.image.ref.name": name}}]});
        tar.file("index.json", 0o644, index.to_string().as_bytes());
        tar.folder("blobs/", 0o755);
        tar.folder("blobs/sha256/", 0o755);
        let key = |digest: &str| format!("blobs/sha256/{}", &digest["sha256:".len()..]);
        for layer in self.base_layers() {
            tar.file(&key(layer), 0o644, &below(layer)?);
            // A layer at a time: a base may have gigabytes.
            to.write_all(&std::mem::take(&mut tar.0))?;
        }
        for blob in [&self.manifest, &self.config, &self.layer] {
            tar.file(&key(&digest(blob)), 0o644, blob);
        }
        to.write_all(&tar.end())
    }

    /// Returns what is in the image, in the form of CycloneDX 1.5; `lock` is the text of Cargo.lock.
    /// `base` is the name of the image below, if there is one.
    pub fn bill_of_materials(&self, lock: &str, version: &str, base: Option<&str>) -> Value {
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
        let below = base.map(|name| {
            let layers: Vec<Value> = self
                .base_layers()
                .map(|layer| json!({"alg": "SHA-256", "content": &layer["sha256:".len()..]}))
                .collect();
            json!({"type": "container", "name": name, "hashes": layers})
        });
        let below = below.into_iter();
        json!({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "metadata": {"component": {"type": "container", "name": "cpb", "version": version, "hashes":
                [{"alg": "SHA-256", "content": &self.digest()["sha256:".len()..]}]}},
            "components": below.chain(components).collect::<Vec<_>>()})
    }
}

/// The media type of a manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Returns the zip that Lambda runs: the binary under the name `bootstrap`.
///
/// # Errors
/// When the binary is for another processor than the function's, x86-64, or compression fails.
pub fn bootstrap(binary: &[u8]) -> io::Result<Vec<u8>> {
    if let Some(other) = architecture(binary).filter(|&found| found != "amd64") {
        return Err(io::Error::other(format!(
            "the dispatcher is a Lambda function for x86-64, and this program is for {other}: deploy with the x86-64 \
             program, and name the {other} image with --image"
        )));
    }
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
        assert_eq!(image(b"binary").below, Vec::<String>::new());
        assert_eq!(bootstrap(b"binary").expect("a zip"), bootstrap(b"binary").expect("a zip"));
    }

    #[test]
    fn a_program_for_another_processor_is_no_dispatcher() {
        let program = |machine: u8| {
            let mut header = [0; 64];
            header[..4].copy_from_slice(b"\x7fELF");
            header[18] = machine;
            header
        };
        assert!(bootstrap(&program(62)).is_ok());
        let refused = bootstrap(&program(183)).expect_err("arm64 is refused");
        assert!(refused.to_string().contains("for arm64"), "{refused}");
    }

    #[test]
    fn an_image_over_another_has_one_layer_more_and_runs_the_others_program() {
        let base = Base {
            manifest: json!({"layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 3, "digest": "sha256:aa"}]}),
            config: json!({"architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/opt/bin/cellprofiler"],
                "Env": ["PATH=/opt/bin", "HOME=/root"]}, "rootfs": {"type": "layers", "diff_ids": ["sha256:bb"]}}),
        };
        let image = Image::over(&base, b"binary", "1").expect("an image");
        let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
        let (manifest, config) = (read(&image.manifest), read(&image.config));
        assert_eq!(manifest["layers"][0]["digest"], "sha256:aa");
        assert_eq!(manifest["layers"][0]["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
        assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(2));
        assert_eq!(config["rootfs"]["diff_ids"].as_array().map(Vec::len), Some(2));
        assert_eq!(config["config"]["Entrypoint"], json!(["/cpb"]));
        let environment =
            json!(["PATH=/opt/bin", "HOME=/tmp", "TMPDIR=/tmp", "CPB_CELLPROFILER=/opt/bin/cellprofiler"]);
        assert_eq!(config["config"]["Env"], environment);
    }
}
