//! A network of its own, as on a machine without any other: its own loopback with its own ports, and
//! one name server, the test's. It ends with the test program, also when that is killed. Needs root.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tempfile::TempDir;

use super::dns::Dns;

/// Made and held by a process that ends when its standard input does.
const HOLD: &str =
    "ip link set lo up && mount --bind \"$0/resolv.conf\" /etc/resolv.conf && echo ready && exec cat";

/// A network and the process that holds it.
pub struct Island {
    holder: Child,
    dns: Dns,
    _folder: TempDir,
}

impl Island {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("nyckelbud-island-").tempdir().unwrap();
        std::fs::write(folder.path().join("resolv.conf"), "nameserver 127.0.0.1\n").unwrap();
        let mut hold = Command::new("unshare");
        hold.args(["--net", "--mount", "sh", "-c", HOLD]).arg(folder.path());
        let mut holder = hold.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("unshare runs");
        let mut ready = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let island = Self { holder, dns: Dns::default(), _folder: folder };
        assert_eq!(ready, "ready\n", "no network of its own: this needs root, ip and unshare");
        let socket = island.inside(|| UdpSocket::bind("127.0.0.1:53").expect("the name server's port"));
        let dns = island.dns();
        std::thread::spawn(move || dns.serve(socket));
        island
    }

    /// What its name server knows.
    pub fn dns(&self) -> Dns {
        self.dns.clone()
    }

    /// Does `work` in its network; sockets that are made there stay there.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let network = File::open(format!("/proc/{}/ns/net", self.holder.id())).unwrap();
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
                work()
            });
            thread.join().unwrap()
        })
    }

    /// The same command, in its network and with its name server.
    pub fn command(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.args(["--target", &self.holder.id().to_string(), "--net", "--mount", "--"]);
        inside.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        inside
    }
}

impl Drop for Island {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
