//! `cpb image`: the workers' container image, without a container engine.

use crate::exit::{Ended, Failed, Status};
use aws::image::{Image, architecture};
use aws::{Reference, Repository};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Where Debian, Fedora and SUSE keep the certificates of public authorities.
const CERTIFICATES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"];

/// Makes the workers' container image from this program, and pushes it; no container engine is needed
///
/// The CellProfiler engine's image is the official one, read from its registry, with this program in one layer more.
/// CPB_REGISTRY_USER and CPB_REGISTRY_PASSWORD sign in where a registry asks; ECR takes the AWS credentials.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cpb image build --archive cpb.tar --sbom cpb.cdx.json && podman load -i cpb.tar
  cpb image push 123456789012.dkr.ecr.us-east-1.amazonaws.com/cpb-ba-native:1
  cpb image push 123456789012.dkr.ecr.us-east-1.amazonaws.com/cpb-ba-cellprofiler:1 --engine cellprofiler")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Writes the image as an OCI archive; prints its digest
    Build {
        /// The archive to write
        #[arg(long, value_name = "FILE")]
        archive: PathBuf,
        /// The image's name in the archive
        #[arg(long, value_name = "NAME", default_value = "cpb:latest")]
        name: String,
        /// Also writes what is in it: CycloneDX
        #[arg(long, value_name = "FILE")]
        sbom: Option<PathBuf>,
        #[command(flatten)]
        below: Below,
        #[command(flatten)]
        from: From,
    },
    /// Pushes the image to a repository of ECR or any other registry
    Push {
        /// REGISTRY/REPOSITORY:TAG
        #[arg(value_name = "URI")]
        uri: String,
        #[command(flatten)]
        below: Below,
        #[command(flatten)]
        from: From,
    },
}

/// What an image is made of.
#[derive(clap::Args, Clone, Default)]
pub struct From {
    /// The static binary; by default this program
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// What an image is a layer on.
#[derive(clap::Args, Clone)]
struct Below {
    /// Which engine the image is for
    #[arg(long, value_enum, default_value_t = Engine::Native)]
    engine: Engine,

    /// The image with CellProfiler: REGISTRY/REPOSITORY:TAG or @DIGEST
    #[arg(long, value_name = "IMAGE", default_value = "docker.io/cellprofiler/cellprofiler:4.2.8")]
    base: String,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq)]
enum Engine {
    /// This program alone
    Native,
    /// This program, and CellProfiler for what is not native
    Cellprofiler,
}

/// An image and where the layers below it are.
struct Built {
    image: Image,
    below: Option<Repository>,
}

impl Below {
    fn build(&self, from: &From) -> Result<Built, Failed> {
        if self.engine == Engine::Native {
            return Ok(Built { image: from.image()?, below: None });
        }
        let binary = from.read()?;
        let below = open(&self.base)?;
        let base = below.base(architecture(&binary).unwrap_or("amd64")).map_err(refused)?;
        let image = Image::over(&base, &binary, env!("CARGO_PKG_VERSION"));
        Ok(Built { image: image.map_err(|e| Failed::new(Status::Internal, e))?, below: Some(below) })
    }

    fn name(&self) -> Option<&str> {
        (self.engine == Engine::Cellprofiler).then_some(self.base.as_str())
    }
}

/// Opens the repository of an image.
fn open(image: &str) -> Result<Repository, Failed> {
    let place = Reference::parse(image).map_err(|e| Failed::new(Status::Usage, e))?;
    let variable = |name| std::env::var(name).ok();
    let login = variable("CPB_REGISTRY_USER").zip(variable("CPB_REGISTRY_PASSWORD"));
    Repository::open(&place, login).map_err(refused)
}

fn refused(error: aws::AwsError) -> Failed {
    Failed::new(Status::Interrupted, error)
}

/// Pushes an image.
pub fn push(uri: &str, image: &Image) -> Ended {
    open(uri)?.push(image, None).map_err(refused)
}

impl From {
    /// Reads the binary, which must need nothing of the system.
    pub fn read(&self) -> Result<Vec<u8>, Failed> {
        let fail = |message: String| Failed::new(Status::Usage, message);
        let path = match &self.binary {
            Some(path) => path.clone(),
            None => std::env::current_exe().map_err(|e| fail(format!("cannot find this program: {e}")))?,
        };
        let bytes = fs::read(&path).map_err(|e| fail(format!("cannot read `{}`: {e}", path.display())))?;
        if needs_a_loader(&bytes) {
            return Err(fail(format!(
                "`{}` needs the system's libraries, and the image has none: build it with RUSTFLAGS=\"-C \
                 target-feature=+crt-static\" cargo build --release --features aws --target x86_64-unknown-linux-gnu, and name it \
                 with --binary",
                path.display()
            )));
        }
        Ok(bytes)
    }

    /// Makes the image.
    pub fn image(&self) -> Result<Image, Failed> {
        let certificates = CERTIFICATES.iter().find_map(|path| fs::read(path).ok());
        let image = Image::of_binary(&self.read()?, certificates.as_deref(), env!("CARGO_PKG_VERSION"));
        image.map_err(|e| Failed::new(Status::Internal, e))
    }
}

/// Returns whether an ELF binary names a loader (PT_INTERP).
fn needs_a_loader(bytes: &[u8]) -> bool {
    let number = |at: usize, size: usize| {
        let bytes = bytes.get(at..at + size)?;
        Some(bytes.iter().rev().fold(0_usize, |n, &byte| n << 8 | usize::from(byte)))
    };
    let headers = || {
        let (at, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
        Some((0..count).any(|i| number(at + i * size, 4) == Some(3)))
    };
    bytes.starts_with(b"\x7fELF") && headers().unwrap_or(true)
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    match &args.verb {
        Verb::Build { archive, name, sbom, below, from } => {
            let Built { image, below: layers } = below.build(from)?;
            let layer = |digest: &str| match &layers {
                Some(repository) => repository.blob(digest).map(Into::into).map_err(io::Error::other),
                None => Err(io::Error::other("the layers below are nowhere to be had")),
            };
            let made = File::create(archive).and_then(|mut file| image.archive(name, &mut file, layer));
            made.map_err(|e| unwritten(archive, &e))?;
            if let Some(path) = sbom {
                let lock = include_str!("../../../../Cargo.lock");
                let bill = image.bill_of_materials(lock, env!("CARGO_PKG_VERSION"), below.name());
                fs::write(path, format!("{bill:#}\n")).map_err(|e| unwritten(path, &e))?;
            }
            println!("{}", image.digest());
            Ok(())
        }
        Verb::Push { uri, below, from } => {
            let Built { image, below } = below.build(from)?;
            open(uri)?.push(&image, below.as_ref()).map_err(refused)?;
            println!("{}", image.digest());
            Ok(())
        }
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Failed {
    Failed::new(Status::Input, format!("cannot write `{}`: {error}", path.display()))
}
