//! The arguments of `call`: those of `web`, and whether the page has sound alone.

use clap::Args;

use super::chat::ChatSettings;
use super::web::{PageKind, WebArgs};
use crate::error::Error;

/// The arguments of `call`.
#[derive(Debug, Args)]
pub struct CallArgs {
    #[command(flatten)]
    web: WebArgs,

    /// Open a page with sound alone: a microphone, and who is heard
    #[arg(long = "page")]
    is_sound_only: bool,
}

impl TryFrom<CallArgs> for ChatSettings {
    type Error = Error;

    fn try_from(args: CallArgs) -> Result<Self, Error> {
        let mut settings: Self = args.web.try_into()?;
        if let Some(page) = &mut settings.page {
            page.kind = match args.is_sound_only {
                true => PageKind::Voice,
                false => PageKind::Rooms,
            };
        }
        Ok(settings)
    }
}
