"""Why wharfd differs from what most of the others answer.

A reason covers the cases whose names match one of its patterns (`*` and `?` as in a shell), where wharfd gives one of the
answers named, and most of the others one of those they are held to. A pattern that covers no difference fails the run."""


class Reason:
    """One reason for a family of cases. `ours` and `most` hold answers, apart by commas; an empty one allows any."""

    def __init__(self, text, ours, most, *patterns):
        self.text, self.patterns = text, patterns
        self.ours, self.most = (each.split(",") if each else None for each in (ours, most))

    def covers(self, ours, most):
        """Whether it speaks of this difference."""
        return (self.ours is None or ours in self.ours) and (self.most is None or most in self.most)


REASONS = [
    Reason("Most of the others do not know the command at all; they answer as to any word that is none (500), and before the"
           " login 530. `wharfd` offers it, so that it has an answer of its own.", "", "500,530",
           "? AVBL*", "? CLNT*", "? COMB*", "? CSID*", "? HASH*", "? HOST*", "? LANG*", "? LPRT*", "? LPSV*", "? MD5 *",
           "? MFF*", "? PRET*", "? RANG*", "? SITE QUOTA", "? SITE WHO", "? SITE UMASK*", "? XCRC*", "? XMD5*", "? XSHA *",
           "? XSHA1*", "? XSHA256*", "? XSHA512*"),
    Reason("MODE Z is offered; most of the others have no compression.", "200", "504", "? MODE Z"),
    Reason("RFC 959 §4.2.2: 502 is for a command that is known and not offered, 500 for a word that is none. `wharfd` knows the"
           " command, and [commands.md](commands.md) says why it is declined.", "502", "500",
           "? CPSV", "? DSIZ *", "? ESTA", "? ESTP", "? MACB *", "? MFCT *", "? MMD5 *", "? SPSV", "? SSCN*", "? THMB *"),
    Reason("RFC 2228 §5.1: 537 says that this protection of commands is not what the mechanism gives: with TLS it is the"
           " connection that is protected. Most of the others do not know the command.", "537", "530",
           "? CONF *", "? ENC *", "? MIC *"),
    Reason("RFC 2228 §3: 503 to ADAT that no AUTH has asked for, 501 when it has no data. Most of the others do not know the"
           " command.", "501,503", "500", "? ADAT*"),
    Reason("RFC 959 §4.2.2: 501 for an argument where the command has none. The others do not look at it. (CDUP, EPSV, FEAT,"
           " NOOP, PASV, PWD, QUIT, REIN and SYST take none by RFC 959 §5.3; RFC 2389 §3 asks for 501 to `FEAT x`, and"
           " `EPSV 1 x` is not in RFC 2428 §3.)", "501", "",
           "+ CDUP /", "+ EPSV 1 x", "+ FEAT x", "+ NOOP again", "+ PASV x", "+ PWD x", "+ QUIT now", "+ REIN x", "+ SYST x",
           "T CCC now"),
    Reason("RFC 959 §5.4 and §4.2.2: 501 for an argument that is missing. The others take it for an unknown value (504), an"
           " unknown command (500) or an empty name (550), or look at it only after the order of commands (503, 530).",
           "501", "200,500,502,503,504,530,550",
           "- AUTH", "+ PBSZ", "t PBSZ", "+ RMD", "+ RNFR", "+ RNFR f ; RNTO", "+ SITE", "+ SMNT", "+ TYPE", "? USER"),
    Reason("ACCT is superfluous behind a login, and RFC 959 §5.4 has 202 for that.", "202", "502", "+ ACCT*"),
    Reason("RFC 959 §4.2.2: 202 says that ALLO means nothing here. To `wharfd` it does: an upload that is shorter than what was"
           " announced is a cut one.", "200", "202", "+ ALLO *"),
    Reason("RFC 959 §4.1.3: the argument of ALLO is a number of bytes; this one is none that a file could have.", "501", "202",
           "+ ALLO -1", "+ ALLO 9*"),
    Reason("XFR-14: 553 is for a name that could not be one, 550 for a name that cannot be used now: there is a directory of that"
           " name, or none to put the file into. vsftpd and Pure-FTPd say 553 to every upload that they refuse.", "550", "553",
           "+ !PASV ; APPE *", "+ !PASV ; STOR *"),
    Reason("XFR-14: 553 for a name that is longer than names may be. RFC 959 §5.4 has that code with uploads and RNTO alone; here it"
           " means the same wherever a name is given.", "553", "550",
           "+ CWD {300}", "+ MKD {300}", "+ !PASV ; RETR {300}"),
    Reason("A directory cannot be moved into itself: no such name can be made, which is 553 to RNTO in RFC 959 §5.4; the others do not"
           " tell it from other faults.", "553", "550", "+ RNFR d ; RNTO d/g"),
    Reason("XFR-06: the offset of an upload in TYPE A cannot be kept, since the file and what is sent differ in length: 554 (RFC 1123"
           " §4.1.3.4). In TYPE I it is taken.", "554", "150 226", "+ !PASV ; REST 5 ; APPE f"),
    Reason("RFC 3659 §5.3: behind REST, APPE MUST act as STOR does: the five bytes before the offset stay, 14 follow. vsftpd and"
           " Pure-FTPd append.", "213 19", "213 25", "+ TYPE I ; !PASV ; REST 5 ; APPE f ; SIZE f"),
    Reason("XFR-09: an offset behind the end of the file would leave a hole of bytes that nobody sent: 554. vsftpd and Pure-FTPd"
           " make it.", "554", "150 226", "+ TYPE I ; !PASV ; REST 100 ; STOR f", "+ TYPE I ; !PASV ; REST 5 ; STOR new"),
    Reason("XFR-23: an offset is for the command right behind it (RFC 959 §4.1.3); a listing uses it up. The others keep it, and"
           " cut the next download.", "150 226 (11 bytes)", "150 226 (6 bytes)",
           "+ TYPE I ; REST 5 ; !PASV ; LIST ; !PASV ; RETR f"),
    Reason("XFR-06: an offset is digits and nothing else (RFC 3659 §5.3).", "501", "350", "+ REST +1"),
    Reason("RFC 2228 §3: 504 to a mechanism that is not known, which GSSAPI and KERBEROS_V4 are here.", "504", "500",
           "- AUTH GSSAPI", "- AUTH KERBEROS_V4"),
    Reason("RFC 4217 §4: AUTH may come behind a login; the session starts over under TLS. Most of the others know AUTH before the login"
           " only.", "234", "500", "+ AUTH TLS"),
    Reason("A second AUTH under TLS is refused as a matter of policy (RFC 2228 §3: 534); to most of the others it is no command any"
           " more.", "534", "500", "T AUTH TLS"),
    Reason("RFC 4217 §4.2 and RFC 2228 §3: behind AUTH everything starts over, and a USER in clear counts for nothing: PASS is out of"
           " order. The others let a name from the clear part into the protected one.", "503", "230",
           "- USER {user} ; AUTH TLS ; PASS {password}"),
    Reason("What is sent in clear behind AUTH could be taken for a protected command: `wharfd` answers nothing and closes. The others"
           " answer 234 and let the handshake fail.", "closed", "234 silence", "- ~AUTH TLS*USER {user}"),
    Reason("RFC 2228 §3: 533 to CCC on a connection that is not protected. Before a login under TLS it is a matter of policy"
           " (534, RFC 4217 §15.3). The others ask for the login first, or do not know CCC in clear.", "533,534", "500,530",
           "? CCC"),
    Reason("RFC 2228 §3: 501 to a size that cannot be read or does not fit into 32 bits. The others do not look at it.", "501",
           "200", "t PBSZ *"),
    Reason("RFC 2228 §3: PROT has to come behind PBSZ, else 503. The others let it pass.", "503", "200", "? PROT P"),
    Reason("One letter is a value that may be unknown (504); two are no value (501, RFC 959 §5.3 and RFC 2228 §8).", "501",
           "504", "+ MODE SS", "+ STRU FF", "t PBSZ 0 ; PROT PP"),
    Reason("CTL-06: stray blanks behind a value do not count.", "200", "504", "+ MODE S\\s"),
    Reason("Names are resolved by their text alone: `..` takes the component before it away, whether it is there or not, and a link on"
           " the way cannot make it mean something else.", "250", "550", "+ CWD missing/../e"),
    Reason("`~` is a name as any other; there are no home directories beside the root.", "550", "250", "+ CWD ~"),
    Reason("CTL-17: NUL is in no name, 501. vsftpd and Pure-FTPd go on with another name and do not find it; ProFTPD cuts the line"
           " there.", "501", "550", "+ CWD d\\0e"),
    Reason("DAT-09: a data connection goes to the client's own address: else 501, since the argument is what is wrong.",
           "501", "500", "+ EPRT |1|10.*", "+ PORT 10,*"),
    Reason("DAT-09 and RFC 2577 §3: a port below 1024 is refused with 504.", "504", "500,501",
           "+ EPRT |1|127.0.0.1|0|", "+ EPRT |1|127.0.0.1|25|", "+ PORT 127,0,0,1,0,0", "+ PORT 127,0,0,1,0,25"),
    Reason("RFC 959 §4.2.2: 501 is for arguments: this one is no port, no address or no family. Most of the others call the command"
           " unknown (500), take what follows the sixth number as not there (200), or a number that no family could have for"
           " one that is not served (522).", "501", "200,500,522",
           "+ EPRT |1|127.0.0.1|65536|", "+ EPRT |99999999999|*", "+ PORT 127,0,0,1,{listening},1"),
    Reason("RFC 2428 §2: 522 to a family that cannot be served here.", "522", "500", "+ EPRT |2|::1|{port}|"),
    Reason("DAT-02: a refused command leaves no former target or port behind, whatever was wrong with it: nobody knows any more what"
           " the client means. Most of the others go on with the former one, or wait for it.", "425", "150 226,silence",
           "+ EPRT * ; EPRT x ; ~RETR f", "+ EPRT * ; EPRT |3|* ; ~RETR f", "+ PORT * ; PORT x ; ~RETR f",
           "+ !PASV ; PASV x ; ~RETR f", "+ !PASV ; PORT x ; ~RETR f", "+ !PASV ; EPSV 3 ; ~RETR f"),
    Reason("DAT-20: a transfer command that fails uses up what was prepared for it, as one that succeeds does. vsftpd and Pure-FTPd"
           " keep the port.", "425", "150 226", "+ !PASV ; RETR missing ; RETR f"),
    Reason("DAT-02: where there is nothing to send the data by, that is said first (425); the name is looked at later. Most of the"
           " others look at the name first.", "425", "550", "+ MLSD missing", "+ RETR missing"),
    Reason("150 says that the connection is being opened; the server finds out behind it that nobody is there (RFC 959 §5.4: 425"
           " may follow 150). The others connect before they answer.", "150 425", "425", "+ PORT *,{refusing} ; RETR f"),
    Reason("XFR-13: RNTO comes right behind RNFR (RFC 959 §4.1.3), and a refused RNFR leaves none before it. Most of the others"
           " keep it.", "503", "250",
           "+ RNFR f ; NOOP ; RNTO g", "+ RNFR f ; RNFR missing ; RNTO g", "+ RNFR f ; XYZZY ; RNTO g"),
    Reason("A directory is never replaced, not even an empty one.", "550", "250", "+ RNFR d ; RNTO e"),
    Reason("LST-06: a name that is not there is refused (550) before the data connection is used. vsftpd and Pure-FTPd send an empty"
           " listing, which cannot be told from an empty directory.", "550", "150 226,silence",
           "+ !PASV ; LIST *missing", "+ PASV ; ~LIST missing"),
    Reason("LST-24: STAT of a name that is not there is refused, and STAT takes no patterns. vsftpd and Pure-FTPd send an empty"
           " listing.", "550", "213", "+ STAT missing", "+ STAT *none", "+ STAT {{*"),
    Reason("RFC 3659 §7.2.1: 501 to MLSD of something that is no directory.", "501", "550", "+ !PASV ; MLSD f"),
    Reason("RFC 3659 §3 speaks of files that have no time of change; a directory has one, and MLST tells the same.", "213", "550",
           "+ MDTM d"),
    Reason("XFR-24: MDTM with a time in front of the name sets it, as in vsftpd, since old clients know no other way.", "213",
           "550", "+ MDTM 20240102030405 f"),
    Reason("XFR-04 and RFC 3659 §4: SIZE tells how many bytes RETR would send, which in TYPE A are two more here (CR LF). The others"
           " tell the size on the disk, although ProFTPD refuses.", "213 10", "213 8", "+ TYPE A ; SIZE lines"),
    Reason("RFC 959 §5.4: there is nothing to tell about what is no command; HELP has 502 for that. vsftpd and Pure-FTPd list what"
           " they know (214).", "502", "214", "+ HELP XYZZY"),
    Reason("I18-05: `OPTS UTF8` alone switches UTF-8 on, as some clients send it; it is on all the time.", "200", "501",
           "+ OPTS UTF8"),
    Reason("LOG-09: what is no command is none before the login either. vsftpd and Pure-FTPd ask for the login first.", "500", "530",
           "- XYZZY"),
    Reason("CTL-12: each line has a reply, an empty one too. vsftpd and Pure-FTPd say nothing.", "500", "silence", "+ ~"),
    Reason("CTL-23: the first line tells another protocol, so that nobody here speaks FTP (a browser, or somebody who makes it send"
           " what he wants): closed at once. vsftpd and Pure-FTPd go on reading.", "closed", "open", "- EHLO x ; ?"),
    Reason("LOG-10: REIN is offered (RFC 959 §4.1.1: everything starts over, the login too, 220). The others do not know it, so that"
           " what follows finds the session as it was.", "220,503,530", "", "? REIN", "+ REIN ; PWD",
           "- USER {user} ; REIN ; PASS {password}"),
    Reason("LOG-08: there is no second login in a session; 503, since REIN has to come first. Most of the others say 530.", "503", "530",
           "+ USER *", "T USER *"),
    Reason("Settings belong to an account, so that TYPE comes behind the login. ProFTPD and Pure-FTPd take it before.", "530", "200", "- TYPE A"),
    Reason("CTL-21: the command SITE is known, the value is not offered: 504. `SITE EXEC` is such a value and stays one.", "504", "500",
           "+ SITE XYZZY", "+ SITE XDUPE 1", "+ SITE EXEC ls"),
    Reason("A mode is three octal digits; what is not is wrong in itself (501), not a matter of the file.", "501", "550",
           "+ SITE CHMOD 999 f", "+ SITE CHMOD x f"),
    Reason("CTL-21: the command TYPE is known, the value is not supported: 504 (RFC 959 §5.4). ProFTPD and Pure-FTPd do not look behind"
           " the first letter, and would send something else than was asked for.", "504", "200",
           "+ TYPE A C", "+ TYPE A X", "+ TYPE L 7"),
]
