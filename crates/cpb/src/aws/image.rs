//! `cpb image`: the workers' container image, without a container engine.

use crate::exit::{Ended, Failed, Status};
use aws::image::Image;
use aws::{Aws, push};
use std::fs;
use std::path::{Path, PathBuf};

/// Where Debian, Fedora and SUSE keep the certificates of public authorities.
const CERTIFICATES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"];

/// Makes the workers' container image from this program, and pushes it; no container engine is needed
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cpb image build --archive cpb.tar --sbom cpb.cdx.json && podman load -i cpb.tar
  cpb image push 123456789012.dkr.ecr.us-east-1.amazonaws.com/cpb-ba-native:1")]
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
        from: From,
    },
    /// Pushes the image to a repository of ECR
    Push {
        /// REGISTRY/REPOSITORY:TAG
        #[arg(value_name = "URI")]
        uri: String,
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
        Verb::Build { archive, name, sbom, from } => {
            let image = from.image()?;
            write(archive, &image.archive(name))?;
            if let Some(path) = sbom {
                let lock = include_str!("../../../../Cargo.lock");
                let bill = image.bill_of_materials(lock, env!("CARGO_PKG_VERSION"));
                write(path, format!("{bill:#}\n").as_bytes())?;
            }
            println!("{}", image.digest());
            Ok(())
        }
        Verb::Push { uri, from } => {
            let image = from.image()?;
            let aws = Aws::from_environment().map_err(|e| Failed::new(Status::Usage, e))?;
            push(&aws, uri, &image).map_err(|e| Failed::new(Status::Interrupted, e))?;
            println!("{}", image.digest());
            Ok(())
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Ended {
    let written = fs::write(path, bytes);
    written.map_err(|e| Failed::new(Status::Input, format!("cannot write `{}`: {e}", path.display())))
}
