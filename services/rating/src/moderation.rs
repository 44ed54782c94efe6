//! The rules by which texts of members are judged. They are simple and readable, and sometimes wrong: therefore a rejected comment
//! stays visible to its author with the reason, and can be edited.
//!
//! Comments are judged in the pipeline (`comments::pipeline`), replies and lists within the call (`moderate_now`).

pub(crate) mod language;
pub(crate) mod spam;
pub(crate) mod spoiler;

use matcha_protos::rating::v1::HiddenReason;

use crate::error::Error;

/// Why a comment is hidden; the numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
pub(crate) enum Reason {
    Spam = 1,
    Language = 2,
}

impl Reason {
    pub(crate) fn number(reason: Option<Self>) -> i32 {
        let reason = match reason {
            None => HiddenReason::Unspecified,
            Some(Self::Spam) => HiddenReason::Spam,
            Some(Self::Language) => HiddenReason::Language,
        };
        reason.into()
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Language => "language",
        }
    }
}

/// The input of the filters.
pub(crate) struct Unchecked<'a> {
    pub(crate) text: &'a str,
    /// The number of comments with the same text that the member submitted earlier on other movies.
    pub(crate) earlier_copies: i64,
}

/// The output of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passes,
    /// Passes, but is shown behind a spoiler warning.
    Spoils,
    Hidden(Reason),
}

/// Judges a short text within the call: an error if the spam or the language filter rejects it, else whether it may be a spoiler.
pub(crate) fn moderate_now(text: &str) -> Result<bool, Error> {
    let unchecked = Unchecked {
        text,
        earlier_copies: 0,
    };
    for verdict in [spam::judge(&unchecked), language::judge(text)] {
        if let Verdict::Hidden(reason) = verdict {
            return Err(Error::HeldBack(reason));
        }
    }
    Ok(spoiler::judge(text) == Verdict::Spoils)
}
