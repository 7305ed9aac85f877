//! How the full screen of `chat` looks and calls: its arguments, which the file of settings has
//! too.

use clap::Args;

use crate::face::tui::{Notices, Scheme};

/// The arguments about the full screen.
#[derive(Debug, Args)]
pub(super) struct LookArgs {
    /// How the full screen is coloured
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "default|high-contrast|light|none",
        hide_possible_values = true,
        hide_short_help = true
    )]
    theme: Scheme,

    /// Whether the full screen follows the mouse; then Shift selects text
    #[arg(
        long,
        default_value = "true",
        value_name = "true|false",
        hide_possible_values = true,
        hide_short_help = true,
        action = clap::ArgAction::Set
    )]
    mouse: bool,

    /// Which messages call you by the desktop and the bell: your name and private ones, or all
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "mentions|all",
        hide_possible_values = true,
        hide_short_help = true
    )]
    notify: Notices,
}

/// How the full screen looks and calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookSettings {
    /// How it is coloured.
    pub scheme: Scheme,
    /// Whether it follows the mouse.
    pub takes_mouse: bool,
    /// Which messages call this person.
    pub notices: Notices,
}

impl Default for LookSettings {
    fn default() -> Self {
        Self {
            scheme: Scheme::default(),
            takes_mouse: true,
            notices: Notices::default(),
        }
    }
}

impl From<LookArgs> for LookSettings {
    fn from(args: LookArgs) -> Self {
        Self {
            scheme: args.theme,
            takes_mouse: args.mouse,
            notices: args.notify,
        }
    }
}
