//! The formats, each with a file of its own.

use bytes::Bytes;

use crate::listing::clues::{Context, Reading};
use crate::listing::line::Line;
use crate::listing::whole::Lines;
use crate::listing::{
    as400, cms, dos, enterprise, eplf, jes, mlsd, mvs, mvs_member, netware, nonstop, nortel, octal, os2, os9,
    unix, vms, vshell, vxworks, win16,
};

/// A format of `LIST`. Where two take as many lines of a listing, the later one is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Unix,
    UnixUndated,
    UnixNumbers,
    Enterprise,
    NetWare,
    Dos,
    Win16,
    Os2,
    VShell,
    VxWorks,
    Nortel,
    Mlsd,
    Eplf,
    Vms,
    As400,
    Mvs,
    MvsMember,
    Jes,
    Cms,
    NonStop,
    Os9,
}

impl Format {
    pub(super) const ALL: [Self; 21] = [
        Self::Unix,
        Self::UnixUndated,
        Self::UnixNumbers,
        Self::Enterprise,
        Self::NetWare,
        Self::Dos,
        Self::Win16,
        Self::Os2,
        Self::VShell,
        Self::VxWorks,
        Self::Nortel,
        Self::Mlsd,
        Self::Eplf,
        Self::Vms,
        Self::As400,
        Self::Mvs,
        Self::MvsMember,
        Self::Jes,
        Self::Cms,
        Self::NonStop,
        Self::Os9,
    ];

    /// Reads a line, if it has the shape of the format.
    pub(super) fn parse(self, line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
        match self {
            Self::Unix => unix::parse(line, context),
            Self::UnixUndated => unix::parse_undated(line),
            Self::UnixNumbers => octal::parse(line, context),
            Self::Enterprise => enterprise::parse(line, context),
            Self::NetWare => netware::parse(line, context),
            Self::Dos => dos::parse(line, context),
            Self::Win16 => win16::parse(line, context),
            Self::Os2 => os2::parse(line, context),
            Self::VShell => vshell::parse(line, context),
            Self::VxWorks => vxworks::parse(line, context),
            Self::Nortel => nortel::parse(line, context),
            Self::Mlsd => mlsd::parse(line),
            Self::Eplf => eplf::parse(line, context),
            Self::Vms => vms::parse(line, context),
            Self::As400 => as400::parse(line, context),
            Self::Mvs => mvs::parse(line, context),
            Self::MvsMember => mvs_member::parse(line, context),
            Self::Jes => jes::parse(line, context),
            Self::Cms => cms::parse(line, context),
            Self::NonStop => nonstop::parse(line, context),
            Self::Os9 => os9::parse(line, context),
        }
    }

    /// Whether a line is one that only servers of this format put above or below their entries.
    pub(super) fn is_heading(self, line: &Line<'_>) -> bool {
        match self {
            Self::Dos => dos::is_frame(line),
            Self::VxWorks => vxworks::is_heading(line),
            Self::Vms => vms::is_heading(line),
            Self::Mvs => mvs::is_heading(line),
            Self::MvsMember => mvs_member::is_heading(line),
            Self::Jes => jes::is_heading(line),
            Self::NonStop => nonstop::is_heading(line),
            Self::Os9 => os9::is_heading(line),
            Self::Unix
            | Self::UnixUndated
            | Self::UnixNumbers
            | Self::Enterprise
            | Self::NetWare
            | Self::Win16
            | Self::Os2
            | Self::VShell
            | Self::Nortel
            | Self::Mlsd
            | Self::Eplf
            | Self::As400
            | Self::Cms => false,
        }
    }

    /// The format that a system of this name usually has, by the answer to `SYST`.
    pub(super) fn called(syst: &[u8]) -> Option<Self> {
        const NAMES: [(&[u8], Format); 17] = [
            (b"WINDOWS", Format::Dos),
            (b"MSDOS", Format::Dos),
            (b"MS-DOS", Format::Dos),
            (b"OS/2", Format::Os2),
            (b"OS/400", Format::As400),
            (b"OS400", Format::As400),
            (b"AS/400", Format::As400),
            (b"NETWARE", Format::NetWare),
            (b"VXWORKS", Format::VxWorks),
            (b"Z/VM", Format::Cms),
            (b"VM/ESA", Format::Cms),
            (b"VMS", Format::Vms),
            (b"MVS", Format::Mvs),
            (b"Z/OS", Format::Mvs),
            (b"NONSTOP", Format::NonStop),
            (b"OS-9", Format::Os9),
            (b"UNIX", Format::Unix),
        ];
        let syst = syst.get(..syst.len().min(256)).unwrap_or_default().to_ascii_uppercase();
        let called = NAMES.iter().find(|(name, _)| memchr::memmem::find(&syst, name).is_some());
        called.map(|(_, format)| *format)
    }

    /// Whether an entry may have more than one line.
    pub(super) fn joins(self) -> bool {
        self == Self::Vms
    }

    /// The bytes of the entry that begins at a line, and how many lines it has, if that is more than one.
    pub(super) fn joined(lines: &Lines, at: usize, context: &Context<'_>) -> Option<(Bytes, usize)> {
        vms::joined(lines, at, context).filter(|(_, used)| *used > 1)
    }
}
