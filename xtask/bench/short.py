"""What each row should reach, and why the rows that do not fall short."""

# How far ahead of the best peer a row should be, by the beginning of its key; the first that fits counts.
TARGETS = (
    ("retr", 1.0), ("stor", 1.0), ("files-get-clear", 1.2), ("files-put-clear", 1.2), ("files-get-tls", 2.0),
    ("files-put-tls", 2.0), ("login-hash", None), ("login", 1.5), ("list", 1.5), ("mlsd", 1.5), ("parallel", 1.2),
    ("commands", 1.0), ("idle", 1.0), ("client-mirror", 1.2), ("client", 1.0),
)
# How much more than the limit's processor time a download may take.
OVER = 1.25
# Why, and what was tried, by the beginning of a key.
WAKING = ("85 % of the server's time is the kernel's, and a third of all is the waking of the load, which sleeps between the messages: "
          "each costs an interrupt to the other processor, which under this hypervisor is dear.")
REASONS = (
    ("files-get-clear", WAKING + " 15 % are ours, machine, runtime and all. Pure-FTPd makes as many system calls, but with nothing between "
     "them, so that its messages more often arrive before the load has gone to sleep. Tried, and kept: opening and sending without a "
     "thread, random ports, 150 behind the file's bytes and one program by LTO (234 to 212 us at best); behind the run of 2026-11-21 "
     "also tasks that hold no room for reading, and answers without a task (230 to 201 us by median, 228 to 217 in another run); a "
     "profile of that, without LTO, has 64 % in system calls. Looked at, and not done: one listener for all transfers of a session would save "
     "9 us, and makes a port that others can find."),
    ("files-put-clear", WAKING + " The rest is the promise that an upload is there whole or not at all: a temporary file with a lock, a look "
     "at the final name, mode and rename, where the peers write over the file in place. Tried, and kept: the first 64 KiB are written by the "
     "commit, and no thread is asked where there is no disk (301 to 244 us at best)."),
    ("files-get-tls", "Half of the rate is the load's own half of the handshake, the same for all servers; the server's processor time says "
     "more. Of it 47 % is the kernel's, 8 % SHA-384 and 8 % X25519 of the handshake. Tried, and kept: handshakes are acknowledged at once "
     "(lftp waited 40 ms for each), reads of 128 KiB below TLS, files without a disk are read without a thread (675 to 612 us at best). "
     "libunftp has the same TLS library and runtime, but no proof whose data connection it is, for which wharfd has "
     "a ticket key for each; what that costs was not measured apart."),
    ("files-put-tls", "As for downloads: the handshake of each data connection, half of it the load's own. Uploads also wait for the "
     "client's close_notify before they are stored, under another name until they are whole."),
    ("login-tls", "A full handshake with an RSA-2048 key, whose signature alone takes 0.44 ms and costs all servers the same. One at a time, "
     "the load's checks and two sleeping processors are much of the rest. A control connection gets a ticket key of its own and four "
     "tickets, for its data connections; rustls gives two by itself. What that costs was not measured apart."),
    ("login-anonymous", "One login is four messages; what is measured is mostly the waking of the other side for each."),
    ("login-clear", "One login is four messages; what is measured is mostly the waking of the other side for each."),
    ("list", "75 % of the time is the kernel's getdents and statx, one call for each entry, which every server makes. Ours encodes a line in "
     "a quarter of it. Tried, and kept: lines without formatting, names of owners by binary search, no thread where there is no disk."),
    ("mlsd", "63 % of the time is the kernel's getdents and statx. Tried, and kept: rights once for a directory, facts without formatting "
     "(17.7 to 13.6 ms for 10,000 at best). What is left in user space is the putting together of lines, a fifth."),
    ("parallel-clear", "sendfile and the waking of readers are all there is, for its peers as well; they are ahead of the limit that one "
     "connection shows, and the load's processor takes no more. The processor time is the least of all."),
    ("commands-1", "One command is two sleeping processors waking each other; of the server's time 43 % is in `sendto`, which wakes the load, and 27 % in "
     "`epoll_wait`; 22 % are machine and runtime, which a process with one client does not have."),
    ("retr-clear", "95 % of wharfd's time is inside sendfile, and 44 % the waking of the reader. A download takes a "
     "third of a second, and goes at another speed each time: ProFTPD's five lie between 2,199 and 8,086 MB/s, wharfd's between 2,384 and "
     "4,442. 15 more rounds of this row alone, on the same day, gave medians of 2,861 for wharfd (2,196 to 6,307), 3,647 for vsftpd (2,020 to "
     "5,451) and 3,048 for ProFTPD (2,306 to 5,082). What decides between the speeds was not found out."),
    ("retr-tls", "AES-GCM and copies into the socket are all there is; the row is within what the limit measures."),
    ("stor", "Three quarters of the time are the kernel's copy into fresh pages of the memory file system, which the host has to give first."),
    ("client-put-clear", "sendfile hands the file's pages over as they are, so that the server, whose storing is the limit here, has to "
     "fetch them from memory; what curl has read and written is still in the processor's cache. Tried: reading and writing gave 0.56 s for "
     "1 GiB instead of 0.61 at best (curl 0.57), and took 0.56 s of processor time instead of 0.47. sendfile was kept: over a network the "
     "memory is not what limits the rate."),
    ("client-put", "The server's storing is close to the limit of the rate for both. 50 ms go by while the server waits, before its 150 to the "
     "first upload, for a client that shakes hands early, as curl does and wharf does not. Tried, and kept, behind the run of 2026-11-21: "
     "seeds without timing the processor (a file of 4 KiB in 0.061 s instead of 0.128 by median)."),
    ("client-get", "Three quarters of the time are the kernel's copy into fresh pages of the file, the same for all clients."),
)


def missed(line):
    """What the row should reach, where it does not."""
    wanted = next((target for start, target in TARGETS if line.key.startswith(start)), None)
    return wanted if wanted is not None and line.ratio is not None and line.ratio < wanted else None


def paragraphs(sections):
    """The rows that fall short, each with the best peer of each figure and its reason, as lines of Markdown."""
    rows = {}
    for section in sections:
        for line in section.lines:
            if missed(line) is not None:
                rows.setdefault(line.title, []).append(line)
    told, found = set(), []
    for section in sections:
        for line in section.lines:
            if line.key.startswith("retr") and "CPU" in line.unit and line.of_limit and line.of_limit < 1 / OVER:
                found.append(f"* **{line.title}**: {1 / line.of_limit:.2f} times the processor time of the limit instead of {OVER}. AES-GCM "
                             "and copies into the socket are all that its profile shows. The limit is the best of its rounds, the row a "
                             "median; another run on the same day had 1.19 for AES-256 and 1.30 for AES-128.")
    for title, lines in rows.items():
        figures = ", ".join(f"{line.ratio:.2f} in {line.unit} ({line.best})" for line in lines)
        why = next((text for start, text in REASONS if lines[0].key.startswith(start)), "")
        # Rows of the same kind have the same reason.
        why, known = ("As above.", why) if why in told else (why, why)
        told.add(known)
        found.append(f"* **{title}**: {figures}, instead of {missed(lines[0]):.1f}. {why}".rstrip())
    return found
