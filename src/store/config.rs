//! The file of settings, which a person writes and we only read.

use std::env;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::identity::folders;
use super::text_file;
use crate::cli::ConfigFile;
use crate::error::{ConfigError, ConfigFault};

/// Its name in the folder of settings.
const FILE: &str = "config.toml";

/// The variable that names another file; empty, it says that there shall be none.
const VARIABLE: &str = "RODA_CONFIG";

/// Longest file, in bytes: hundreds of times what all settings take.
const FILE_MAX_BYTES: u64 = 64 << 10;

/// Reads the file of settings. A missing file has no text.
///
/// # Errors
/// A file that is too long, no text, no regular file, or that the system refuses.
pub fn read() -> Result<ConfigFile, ConfigError> {
    let path = match env::var_os(VARIABLE) {
        Some(path) if path.is_empty() => None,
        Some(path) => Some(PathBuf::from(path)),
        // Whoever has no folder of settings has no settings.
        None => folders().ok().map(|(settings, _)| settings.join(FILE)),
    };
    let text = path.as_deref().map_or(Ok(None), read_at)?;
    Ok(ConfigFile { path, text })
}

/// Reads another file of settings, which must be there.
///
/// # Errors
/// As [`read`], and a file that is not there.
#[cfg(feature = "bridge")]
pub fn read_file(path: &Path) -> Result<String, ConfigError> {
    read_at(path)?.ok_or_else(|| ConfigError {
        path: path.to_owned(),
        line: None,
        fault: ConfigFault::Unreadable(std::io::Error::from(ErrorKind::NotFound).to_string()),
    })
}

fn read_at(path: &Path) -> Result<Option<String>, ConfigError> {
    let error = |fault| ConfigError {
        path: path.to_owned(),
        line: None,
        fault,
    };
    let mut options = OpenOptions::new();
    options.read(true);
    // A pipe in the place of the file is refused, and its writer not waited for.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let opened = options.open(path).and_then(|file| {
        let about = file.metadata()?;
        Ok((file, about))
    });
    let text = match opened {
        Ok((_, about)) if !about.is_file() => return Err(error(ConfigFault::NotFile)),
        Ok((_, about)) if about.len() > FILE_MAX_BYTES => {
            return Err(error(ConfigFault::TooLong(FILE_MAX_BYTES)));
        }
        // One that grows meanwhile is cut off by the reader, as no text.
        Ok((file, _)) => text_file::read_from(file, FILE_MAX_BYTES),
        Err(cause) => Err(cause),
    };
    match text {
        Ok(text) => Ok(Some(text)),
        Err(cause) => match cause.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(None),
            ErrorKind::InvalidData => Err(error(ConfigFault::NotText)),
            _ => Err(error(ConfigFault::Unreadable(cause.to_string()))),
        },
    }
}
