//! Whether a folder lies on another machine. SQLite's log is shared through memory, which machines
//! have not in common, and their locks cannot be relied on.

use std::path::Path;

/// File systems of other machines, as the system calls them.
#[cfg(any(target_os = "linux", test))]
const REMOTE_KINDS: [&str; 19] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "ceph",
    "ncpfs",
    "lustre",
    "beegfs",
    "9p",
    "vboxsf",
    "coda",
    "fuse.sshfs",
    "fuse.curlftpfs",
    "fuse.davfs",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
];

/// The kind of another machine's file system that a folder lies on; `None` if it lies on this one,
/// or if that is not known.
#[must_use]
pub(super) fn remote_kind(folder: &Path) -> Option<String> {
    #[cfg(target_os = "linux")]
    return linux::remote_kind(folder);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        None
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::path::Path;

    use nix::sys::statfs::{FsType, statfs};

    /// The numbers by which the kernel names them (linux/magic.h, and those of each driver).
    const REMOTE_NUMBERS: [(FsType, &str); 9] = [
        (nix::sys::statfs::NFS_SUPER_MAGIC, "nfs"),
        (nix::sys::statfs::SMB_SUPER_MAGIC, "smbfs"),
        (FsType(0xff53_4d42_u32 as _), "cifs"),
        (FsType(0xfe53_4d42_u32 as _), "smb3"),
        (FsType(0x00c3_6400_u32 as _), "ceph"),
        (FsType(0x5346_414f_u32 as _), "afs"),
        (FsType(0x0102_1997_u32 as _), "9p"),
        (FsType(0x786f_4256_u32 as _), "vboxsf"),
        (FsType(0x7375_7245_u32 as _), "coda"),
    ];

    /// The kind of another machine's file system that has a number.
    pub(super) fn kind_of(number: FsType) -> Option<&'static str> {
        let is_it = |(known, _): &&(FsType, &str)| *known == number;
        REMOTE_NUMBERS.iter().find(is_it).map(|(_, kind)| *kind)
    }

    pub(super) fn remote_kind(folder: &Path) -> Option<String> {
        if let Some(kind) = kind_of(statfs(folder).ok()?.filesystem_type()) {
            return Some(kind.to_owned());
        }
        // Under one number, FUSE has local file systems and those of other machines.
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        super::remote_mount(&mounts, &fs::canonicalize(folder).ok()?)
    }
}

/// The remote kind of the mount that a folder lies on, from the kernel's list of mounts.
#[cfg(any(target_os = "linux", test))]
fn remote_mount(mounts: &str, folder: &Path) -> Option<String> {
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let Some((before, behind)) = line.split_once(" - ") else {
            continue;
        };
        let (Some(point), Some(kind)) = (before.split(' ').nth(4), behind.split(' ').next()) else {
            continue;
        };
        let point = point.replace("\\040", " ");
        let depth = Path::new(&point).components().count();
        // Of two mounts on one folder, the later one is seen.
        if folder.starts_with(&point) && best.is_none_or(|(other, _)| depth >= other) {
            best = Some((depth, kind));
        }
    }
    let (_, kind) = best?;
    REMOTE_KINDS.contains(&kind).then(|| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw - nfs4 server:/home rw,vers=4.2
31 30 0:41 / /home/ana/local\\040disk rw - ext4 /dev/sdb1 rw
32 22 0:42 / /mnt/far rw - fuse.sshfs ana@far: rw
33 22 0:43 / /mnt/near rw - fuse.ntfs-3g /dev/sdc1 rw
34 22 0:44 / /twice rw - nfs server:/a rw
35 34 0:45 / /twice rw - tmpfs tmpfs rw
";

    #[test]
    fn the_mount_that_a_folder_lies_on_says_whether_it_is_remote() {
        let kind = |folder: &str| remote_mount(MOUNTS, Path::new(folder));
        assert_eq!(kind("/var/lib").as_deref(), None);
        assert_eq!(kind("/home/ana/.local/share").as_deref(), Some("nfs4"));
        assert_eq!(kind("/home/ana/local disk/x").as_deref(), None);
        assert_eq!(kind("/mnt/far/away").as_deref(), Some("fuse.sshfs"));
        assert_eq!(kind("/mnt/near").as_deref(), None);
        assert_eq!(kind("/homework").as_deref(), None);
        assert_eq!(kind("/twice").as_deref(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernels_number_of_a_file_system_says_whether_it_is_remote() {
        use nix::sys::statfs::FsType;
        for (number, expected) in [
            (0x6969_u32, Some("nfs")),
            (0x517b, Some("smbfs")),
            (0xff53_4d42, Some("cifs")),
            (0xfe53_4d42, Some("smb3")),
            (0x00c3_6400, Some("ceph")),
            (0x5346_414f, Some("afs")),
            (0x0102_1997, Some("9p")),
            (0xef53, None),      // ext4
            (0x0102_1994, None), // tmpfs
            (0x9123_683e, None), // btrfs
            (0x794c_7630, None), // overlay
            (0x6573_5546, None), // FUSE, of which the list of mounts says more
        ] {
            assert_eq!(linux::kind_of(FsType(number as _)), expected, "{number:x}");
        }
    }

    #[test]
    fn a_folder_of_this_machine_is_not_remote() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(remote_kind(folder.path()), None);
    }
}
