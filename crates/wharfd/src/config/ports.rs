//! Ports that belong to other protocols.

/// Ports and what is expected there, in rising order.
const ASSIGNED: [(u16, &str); 50] = [
    (20, "the data connections of FTP"),
    (22, "SSH"),
    (23, "Telnet"),
    (25, "SMTP"),
    (53, "DNS"),
    (67, "DHCP"),
    (68, "DHCP"),
    (69, "TFTP"),
    (79, "Finger"),
    (80, "HTTP"),
    (88, "Kerberos"),
    (110, "POP3"),
    (111, "RPC"),
    (115, "SFTP (the simple one)"),
    (119, "NNTP"),
    (123, "NTP"),
    (135, "RPC of Windows"),
    (139, "NetBIOS"),
    (143, "IMAP"),
    (161, "SNMP"),
    (162, "SNMP"),
    (179, "BGP"),
    (389, "LDAP"),
    (443, "HTTPS"),
    (445, "SMB"),
    (465, "SMTP under TLS"),
    (514, "syslog"),
    (515, "printers"),
    (587, "mail submission"),
    (631, "IPP"),
    (636, "LDAP under TLS"),
    (853, "DNS under TLS"),
    (873, "rsync"),
    (989, "the data connections of implicit FTPS"),
    (992, "Telnet under TLS"),
    (993, "IMAP under TLS"),
    (995, "POP3 under TLS"),
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (2049, "NFS"),
    (3128, "web proxies"),
    (3306, "MySQL"),
    (3389, "RDP"),
    (5432, "PostgreSQL"),
    (5900, "VNC"),
    (6379, "Redis"),
    (8080, "HTTP"),
    (8443, "HTTPS"),
    (11211, "memcached"),
    (27017, "MongoDB"),
];

/// What is expected at a port, if it is something else than FTP.
pub(super) fn other_protocol(port: u16) -> Option<&'static str> {
    ASSIGNED.iter().find(|(assigned, _)| *assigned == port).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_port_is_there_once_and_those_of_ftp_are_not() {
        assert!(ASSIGNED.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(other_protocol(443), Some("HTTPS"));
        for port in [0, 21, 990, 2121, 2990] {
            assert_eq!(other_protocol(port), None);
        }
    }
}
