//! The workers' images: pushed to a registry and pulled again by a container engine, run, their names resolved.

use crate::lab::Lab;
use crate::shell;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Where the test's resolver listens; nobody else is there.
const RESOLVER: &str = "127.0.0.9";

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Pushes and pulls both images.
///
/// # Errors
/// What is not as it should be.
pub fn run(lab: &Lab, cpb: &Path) -> Result<()> {
    let work = tempfile::tempdir()?;
    let (_registry, host) = registry(lab, work.path())?;
    let cpb = |arguments: &[&str]| {
        let mut command = lab.command(&cpb.to_string_lossy());
        shell::output(command.args(arguments).current_dir(work.path()), "cpb")
    };
    let podman = |arguments: &[&str]| shell::output(lab.command("podman").args(arguments), "podman");
    let native = format!("{host}/cpb-ba-native:1");
    let pushed = cpb(&["image", "push", &native])?;
    ensure!(pushed == cpb(&["image", "push", &native])?, "the same program made two images");
    let pull = |image: &str| podman(&["pull", "-q", "--tls-verify=false", image]).map(|_| ());
    pull(&native)?;
    let digest = podman(&["image", "inspect", "--format", "{{.Digest}}", &native])?;
    ensure!(digest == pushed, "{pushed} was pushed, {digest} is there");
    ensure!(podman(&["run", "--rm", &native, "--version"])?.starts_with("cpb "), "the image does not run");
    resolves(lab, &native)?;

    // What stands for the official image: another program that the image is to run.
    let base = format!("{host}/base:1");
    let context = work.path().join("base");
    fs::create_dir(&context)?;
    fs::copy("/usr/bin/env", context.join("env"))?;
    fs::write(
        context.join("Dockerfile"),
        "FROM scratch\nCOPY env /opt/bin/cellprofiler\nENV PATH=/opt/bin\nENTRYPOINT [\"/opt/bin/cellprofiler\"]\n",
    )?;
    podman(&["build", "-q", "-t", &base, &context.to_string_lossy()])?;
    podman(&["push", "-q", "--tls-verify=false", &base])?;
    let over = format!("{host}/cpb-ba-cellprofiler:1");
    let pushed = cpb(&["image", "push", &over, "--engine", "cellprofiler", "--base", &base])?;
    pull(&over)?;
    let digest = podman(&["image", "inspect", "--format", "{{.Digest}}", &over])?;
    ensure!(digest == pushed, "{pushed} was pushed, {digest} is there");
    ensure!(podman(&["run", "--rm", &over, "--version"])?.starts_with("cpb "), "the image does not run");
    let inside = podman(&["image", "inspect", "--format", "{{.Config.Env}} {{len .RootFS.Layers}}", &over])?;
    ensure!(inside.contains("CPB_CELLPROFILER=/opt/bin/cellprofiler"), "{inside}");
    let archive = work.path().join("over.tar").to_string_lossy().into_owned();
    let built = cpb(&["image", "build", "--archive", &archive, "--engine", "cellprofiler", "--base", &base])?;
    ensure!(built == pushed, "the archive has {built}, the registry {pushed}");
    podman(&["load", "-q", "-i", &archive])?;
    println!("both images are pushed, pulled and run");
    Ok(())
}

/// Starts Debian's registry; returns it and its host.
fn registry(lab: &Lab, work: &Path) -> Result<(Running, String)> {
    if !Path::new("/usr/bin/docker-registry").is_file() {
        let mut apt = Command::new("apt-get");
        apt.args(["install", "-y", "-q", "docker-registry"]).stdout(Stdio::null());
        shell::check(&mut apt, "apt-get install docker-registry")?;
    }
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let folder = work.join("registry");
    let settings = format!(
        "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n",
        folder.display()
    );
    let file = work.join("registry.yml");
    fs::write(&file, settings)?;
    let mut command = lab.command("docker-registry");
    command.arg("serve").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
    let running = Running(command.spawn().context("cannot start `docker-registry`")?);
    for _ in 0..100 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            break;
        }
        sleep(Duration::from_millis(100));
    }
    Ok((running, format!("127.0.0.1:{port}")))
}

/// Sees that the program finds hosts by name in its image, which has none of the system's files but resolv.conf.
fn resolves(lab: &Lab, image: &str) -> Result<()> {
    lab.python("import boto3; boto3.client('s3').create_bucket(Bucket='cpb-names')")?;
    let script = shell::root().join("xtask/aws-lab/resolver.py");
    let mut python = lab.command("python3");
    let _resolver = Running(python.arg(script).arg(RESOLVER).spawn().context("cannot start the resolver")?);
    sleep(Duration::from_millis(500));
    let port = lab.variable("AWS_LAB_PORT").context("the lab has no port")?;
    // Other names the emulator would take for a bucket.
    let endpoint = format!("AWS_ENDPOINT_URL=http://s3.us-east-1.amazonaws.com:{port}");
    let mut run = lab.command("podman");
    run.args(["run", "--rm", "--network", "host", "--dns", RESOLVER, "-e", &endpoint]);
    run.args(["-e", "AWS_ACCESS_KEY_ID", "-e", "AWS_SECRET_ACCESS_KEY", "-e", "AWS_REGION"]);
    run.args([image, "list", "--bucket", "s3://cpb-names"]);
    shell::check(&mut run, "podman run")
}
