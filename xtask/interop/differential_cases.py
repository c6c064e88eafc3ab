"""The cases of the differential test: for each verb short scripts, of which the replies to the last line are compared.

A line is `start lines`, the lines separated by ` ; `. How it starts:

    -  connected, not logged in            +  logged in, in a folder of the case's own
    t  the same as `-` under TLS           T  the same as `+` under TLS

A `=` behind it compares what came as well, not the codes alone: the text of 213, 215 and 257, or how many bytes. The folder holds the files `f` (11 bytes), `lines`
(two lines that end in LF), `a b`, an empty folder `e`, and a folder `d` with a file `inner`.

What a line may hold: `\\s` a space where it could be overlooked, `\\r`, `\\n`, `\\0` and `\\xff`; `{user}` and `{password}` of the
account; `{300}` as many letters; `{listening}` a port of the client's, as PORT names it, `{port}` as a number, `{refusing}` a
port where nobody listens. `!` connects the data connection, `&` leaves a transfer open, `~` waits less, for what not every server
answers, and `?` asks whether the server closed the control connection."""

CASES = r"""
ABOR
  - ABOR
  + ABOR
  + ABOR now
  + abor
  + PASV ; ABOR
  + !PASV ; &STOR new ; ~ABOR
  + !PASV ; LIST ; ABOR
ACCT
  - ACCT
  - ACCT x
  - USER {user} ; ACCT x
  + ACCT x
  + ACCT
ADAT
  - ADAT AAAA
  - ADAT
  t ADAT AAAA
ALLO
  - ALLO 5
  + ALLO 5
  + ALLO 5 R 5
  + ALLO 0
  + ALLO
  + ALLO x
  + ALLO -1
  + ALLO 99999999999999999999999999
APPE
  - APPE f
  + APPE f
  + APPE
  + !PASV ; APPE f
  + !PASV ; APPE new
  + !PASV ; APPE d
  + !PASV ; APPE missing/new
  + !PASV ; REST 5 ; APPE f
  + TYPE I ; !PASV ; REST 5 ; APPE f
  + APPE ../../../../etc/passwd
  +=TYPE I ; !PASV ; APPE f ; SIZE f
AUTH
  - AUTH TLS
  - AUTH tls
  - AUTH TLS-C
  - AUTH SSL
  - AUTH TLS-P
  - AUTH
  - AUTH GSSAPI
  - AUTH KERBEROS_V4
  - AUTH TLS x
  + AUTH TLS
  t AUTH TLS
  T AUTH TLS
  - USER {user} ; AUTH TLS ; PASS {password}
  - ~AUTH TLS\r\nUSER {user}
AVBL
  - AVBL
  + AVBL
  + AVBL missing
  + AVBL f
CCC
  - CCC
  + CCC
  t CCC
  T CCC
  T CCC now
CDUP
  - CDUP
  + CDUP
  + XCUP
  + CDUP /
  + cdup
  + CWD / ; CDUP
CLNT
  - CLNT x
  + CLNT x
  + CLNT
COMB
  - COMB "g" "f"
  + COMB "g" "f"
  + COMB "g" "missing"
  + COMB
CONF
  - CONF AAAA
  t CONF AAAA
CPSV
  - CPSV
  + CPSV
  T CPSV
CSID
  - CSID Name=x;
  + CSID Name=x;
  + CSID
CWD
  - CWD d
  + CWD d
  + cwd d
  + CWD
  + CWD\s
  + CWD missing
  + CWD f
  + CWD /
  + CWD ..
  + CWD ../../../../../..
  + CWD .
  + CWD ""
  + CWD ~
  + CWD \sd
  + CWD d\s
  + CWD d/
  + CWD d/../e
  + CWD missing/../e
  + CWD {300}
  + ~CWD {5000}
  + CWD d\0e
  + XCWD d
  + XCWD missing
DELE
  - DELE f
  + DELE f
  + DELE
  + DELE missing
  + DELE d
  + DELE e
  + DELE *
  + DELE f ; DELE f
  + DELE ../../../../etc/passwd
DSIZ
  - DSIZ d
  + DSIZ d
ENC
  - ENC AAAA
  t ENC AAAA
EPRT
  - EPRT |1|127.0.0.1|{port}|
  + EPRT |1|127.0.0.1|{port}|
  + EPRT |1|127.0.0.1|{port}| ; RETR f
  + EPRT |1|127.0.0.1|{port}| ; EPRT x ; ~RETR f
  + EPRT |1|127.0.0.1|{port}| ; EPRT |3|127.0.0.1|{port}| ; ~RETR f
  + EPRT |1|127.0.0.1|{port}| ; EPSV ALL ; ~RETR f
  + EPRT !1!127.0.0.1!{port}!
  + EPRT
  + EPRT x
  + EPRT |1|127.0.0.1|{port}
  + EPRT |1||{port}|
  + EPRT |1|localhost|{port}|
  + EPRT |1|10.11.12.13|{port}|
  + EPRT |1|127.0.0.1|0|
  + EPRT |1|127.0.0.1|25|
  + EPRT |1|127.0.0.1|65536|
  + EPRT |2|::1|{port}|
  + EPRT |2|127.0.0.1|{port}|
  + EPRT |3|127.0.0.1|{port}|
  + EPRT |99999999999|127.0.0.1|{port}|
EPSV
  - EPSV
  + EPSV
  + epsv
  + EPSV\s
  + EPSV 1
  + EPSV 2
  + EPSV 3
  + EPSV x
  + EPSV 1 x
  + EPSV ALL
  + EPSV all
  + EPSV ALL ; PASV
  + EPSV ALL ; PORT 127,0,0,1,{listening}
  + EPSV ALL ; EPRT |1|127.0.0.1|{port}|
  + EPSV ALL ; EPSV
  + EPSV ALL ; EPSV ALL
  + EPSV ; EPSV
  + !EPSV ; RETR f
  + !EPSV ; RETR f ; ~RETR f
ESTA
  - ESTA
  + ESTA
ESTP
  - ESTP
  + ESTP
FEAT
  - FEAT
  + FEAT
  + feat
  + FEAT x
HASH
  - HASH f
  + HASH f
  + HASH
  + HASH missing
  + HASH d
HELP
  - HELP
  + HELP
  + HELP RETR
  + HELP retr
  + HELP XYZZY
  + HELP SITE
HOST
  - HOST localhost
  - HOST 127.0.0.1
  - HOST
  - HOST nowhere.example.org
  - HOST localhost:21
  - HOST a b
  + HOST localhost
LANG
  - LANG
  - LANG en
  + LANG EN
  + LANG xx
  + LANG \xff
LIST
  - LIST
  + LIST
  + PASV ; ~LIST missing
  + !PASV ; LIST
  + !PASV ; list
  + !PASV ; LIST d
  + !PASV ; LIST e
  + !PASV ; LIST f
  + !PASV ; LIST missing
  + !PASV ; LIST -la
  + !PASV ; LIST -la missing
  + !PASV ; LIST *.none
  + !PASV ; LIST /
  + !PASV ; REST 5 ; LIST
  + !PASV ; LIST ; ~LIST
LPRT
  - LPRT 4,4,127,0,0,1,2,{listening}
  + LPRT 4,4,127,0,0,1,2,{listening}
  + LPRT 4,4,10,11,12,13,2,{listening}
  + LPRT 9,4,127,0,0,1,2,{listening}
  + LPRT
LPSV
  - LPSV
  + LPSV
  + LPSV x
MACB
  - MACB ENABLE
  + MACB ENABLE
MD5
  - MD5 f
  + MD5 f
  + MD5 missing
MDTM
  - MDTM f
  +=MDTM f
  +=mdtm f
  + MDTM
  + MDTM missing
  + MDTM d
  + MDTM 20240102030405 f
  + MDTM 20240102030405 missing
MFCT
  - MFCT 20240102030405 f
  + MFCT 20240102030405 f
MFF
  - MFF Modify=20240102030405; f
  + MFF Modify=20240102030405; f
  + MFF Modify=20240102030405; missing
  + MFF Modify=x; f
  + MFF Colour=red; f
  + MFF
MFMT
  - MFMT 20240102030405 f
  + MFMT 20240102030405 f
  + MFMT 20240102030405 missing
  + MFMT 20241302030405 f
  + MFMT x f
  + MFMT 20240102030405
  + MFMT
MIC
  - MIC AAAA
  t MIC AAAA
MKD
  - MKD new
  + MKD new
  + mkd new
  + MKD
  + MKD d
  + MKD f
  + MKD missing/new
  + MKD /
  + MKD ..
  + MKD {300}
  +=MKD a"b
  +=MKD new/
  +=MKD /pub/../pub/absolute
  + MKD \snew
  + MKD new\s
  + MKD \xff\xff
  + XMKD new
MLSD
  - MLSD
  + MLSD
  + !PASV ; MLSD
  + !PASV ; MLSD d
  + !PASV ; MLSD f
  + !PASV ; MLSD missing
  + MLSD missing
MLST
  - MLST
  + MLST
  + MLST f
  + MLST d
  + MLST missing
  + MLST *
MMD5
  - MMD5 f, f
  + MMD5 f, f
MODE
  - MODE S
  + MODE S
  + mode s
  + MODE S\s
  + MODE B
  + MODE C
  + MODE Z
  + MODE X
  + MODE
  + MODE SS
NLST
  - NLST
  + NLST
  + !PASV ; NLST
  + !PASV ; NLST d
  + !PASV ; NLST e
  + !PASV ; NLST f
  + !PASV ; NLST missing
  + !PASV ; NLST *.none
  + !PASV ; NLST l*
NOOP
  - NOOP
  + NOOP
  + noop
  + NoOp
  + NOOP\s
  + NOOP again
  + NOOP\r\nNOOP
  + XYZZY
  + XYZZY x
  - XYZZY
  + ~
  + ~\s
  + ~\sNOOP
  + 1234
  + ~\xe9LIST
  + ~NOOP\0
  + ~NOOP {5000}
  + ~{600}
  - GET / HTTP/1.1
  - GET / HTTP/1.1 ; ?
  - EHLO x ; ?
OPTS
  - OPTS UTF8 ON
  + OPTS UTF8 ON
  + OPTS utf8 on
  + OPTS UTF8
  + OPTS UTF8 OFF
  + OPTS UTF8 x
  + OPTS
  + OPTS MLST type;size;
  + OPTS MLST
  + OPTS MLST nothing;
  + OPTS HASH
  + OPTS HASH SHA-1
  + OPTS HASH none
  + OPTS MODE Z LEVEL 5
  + OPTS XYZZY
  + OPTS LIST x
PASS
  - PASS
  - PASS x
  - USER {user} ; PASS {password}
  - USER {user} ; pass {password}
  - USER {user} ; NOOP ; PASS {password}
  + PASS x
  + PASS
PASV
  - PASV
  + PASV
  + pasv
  + PASV\s
  + PASV x
  + PASV ; PASV
  + EPSV ; PASV
  + PORT 127,0,0,1,{listening} ; PASV
  + !PASV ; !PASV ; RETR f
  + EPSV ALL ; PASV ; EPSV
PBSZ
  - PBSZ 0
  + PBSZ 0
  + PBSZ
  t PBSZ 0
  t pbsz 0
  t PBSZ
  t PBSZ x
  t PBSZ -1
  t PBSZ 1024
  t PBSZ 99999999999
  T PBSZ 0
  T PBSZ 0 ; PBSZ 0
PORT
  - PORT 127,0,0,1,{listening}
  + PORT 127,0,0,1,{listening}
  + port 127,0,0,1,{listening}
  + PORT 127,0,0,1,{listening} ; RETR f
  + PORT 127,0,0,1,{listening} ; STOR new
  + PORT 127,0,0,1,{refusing} ; RETR f
  + PORT 127,0,0,1,{listening} ; PORT x ; ~RETR f
  + PORT 127,0,0,1,{listening}\s
  + PORT 127,0,0,1,{listening} ; PORT 10,11,12,13,1,1 ; ~RETR f
  + PORT 127,0,0,1,{listening} ; RETR f ; ~RETR f
  + PORT
  + PORT x
  + PORT 127,0,0,1
  + PORT 127,0,0,1,{listening},1
  + PORT 127,0,0,256,{listening}
  + PORT 127,0,0,-1,{listening}
  + PORT 127.0.0.1.{listening}
  + PORT 10,11,12,13,{listening}
  + PORT 0,0,0,0,{listening}
  + PORT 127,0,0,1,0,0
  + PORT 127,0,0,1,0,25
  + PORT 127,0,0,1,256,1
PRET
  - PRET RETR f
  + PRET RETR f
  + PRET
PROT
  - PROT P
  + PROT P
  t PROT P
  t PBSZ 0 ; PROT P
  t PBSZ 0 ; prot p
  t PBSZ 0 ; PROT C
  t PBSZ 0 ; PROT S
  t PBSZ 0 ; PROT E
  t PBSZ 0 ; PROT X
  t PBSZ 0 ; PROT
  t PBSZ 0 ; PROT PP
  T PBSZ 0 ; PROT P
  T PROT P
  t PBSZ 0 ; PROT P ; USER {user} ; PASS {password} ; PROT P
  T PBSZ 0 ; PROT P ; PBSZ 0
  T PBSZ 0 ; PROT P ; PROT X ; !PASV ; RETR f
  T PBSZ 0 ; PROT P ; !PASV ; RETR f
  T PBSZ 0 ; PROT P ; !PASV ; RETR missing
  T !PASV ; RETR f
  T PBSZ 0 ; PROT P ; !EPSV ; STOR new
  T PBSZ 0 ; PROT P ; !PASV ; LIST
  T PBSZ 0 ; PROT P ; PROT C ; !PASV ; RETR f
PWD
  - PWD
  + pwd
  + XPWD
  +=PWD
  +=CWD d ; PWD
  +=CWD d ; CWD .. ; PWD
  +=CWD missing ; PWD
  +=CWD /../.. ; PWD
  +=CWD d//. ; PWD
  +=MKD a"b ; CWD a"b ; PWD
  + PWD x
  + PWD\s
QUIT
  - QUIT
  - quit
  + QUIT
  + QUIT now
  + QUIT ; ?
  t QUIT
RANG
  - RANG 1 5
  + RANG 1 5
  + RANG 5 1
  + RANG x y
REIN
  - REIN
  + REIN
  + REIN ; NOOP
  + REIN ; PWD
  + REIN x
REST
  - REST 5
  + REST 5
  + rest 5
  + REST 0
  + REST 5\s
  + REST
  + REST x
  + REST -1
  + REST +1
  + REST 5 5
  + REST 9223372036854775808
  + REST 18446744073709551616
  + REST 99999999999999999999999999999999
  + REST 5 ; NOOP
  +=TYPE I ; !PASV ; REST 5 ; RETR f
  +=TYPE I ; !PASV ; REST 11 ; RETR f
  + TYPE I ; !PASV ; REST 12 ; RETR f
  + TYPE I ; !PASV ; REST 5 ; STOR f
  + TYPE I ; !PASV ; REST 100 ; STOR f
  + TYPE I ; !PASV ; REST 5 ; STOR new
  +=TYPE I ; REST 5 ; !PASV ; RETR f
  + TYPE I ; REST 5 ; RETR f
  + TYPE A ; REST 5
  +=TYPE A ; !PASV ; REST 2 ; RETR f
  +=TYPE I ; REST 5 ; !PASV ; RETR f ; !PASV ; RETR f
  +=TYPE I ; REST 5 ; !PASV ; LIST ; !PASV ; RETR f
  +=TYPE I ; REST 5 ; !PASV ; RETR missing ; !PASV ; RETR f
  +=TYPE I ; REST 5 ; REST 0 ; !PASV ; RETR f
  +=TYPE I ; REST 5 ; REST x ; !PASV ; RETR f
  +=TYPE I ; REST 5 ; PASV ; NOOP ; TYPE I ; !EPSV ; RETR f
  +=TYPE I ; !PASV ; REST 5 ; STOR f ; SIZE f
  +=TYPE I ; !PASV ; REST 5 ; APPE f ; SIZE f
RETR
  - RETR f
  + RETR f
  + RETR
  + RETR missing
  + !PASV ; RETR f
  + !PASV ; retr f
  +=TYPE I ; !PASV ; RETR f
  + !PASV ; RETR a b
  + !PASV ; RETR missing
  + !PASV ; RETR d
  + !PASV ; RETR e
  + !PASV ; RETR\s
  + !PASV ; RETR
  + !PASV ; RETR *
  + !PASV ; RETR ../../../../../etc/passwd
  + !PASV ; RETR f/
  + !PASV ; RETR f/x
  + !PASV ; RETR {300}
  + !PASV ; RETR f ; ~RETR f
  + !PASV ; RETR missing ; RETR f
  +=TYPE A ; !PASV ; RETR lines
  +=TYPE A N ; !PASV ; RETR f
  +=TYPE L 8 ; !PASV ; RETR lines
  + !PASV ; PASV x ; ~RETR f
  + !PASV ; PORT x ; ~RETR f
  + !PASV ; EPSV 3 ; ~RETR f
  + !PASV ; PORT 127,0,0,1,{listening} ; RETR f
  + !PASV ; CWD d ; RETR inner
  + !PASV ; RETR /pub/missing
RMD
  - RMD e
  + RMD e
  + rmd e
  + RMD
  + RMD d
  + RMD f
  + RMD missing
  + RMD /
  + RMD .
  + RMD ..
  + XRMD e
RNFR
  - RNFR f
  + RNFR f
  + rnfr f
  + RNFR
  + RNFR missing
  + RNFR d
  + RNFR f ; RNFR d
  + RNFR /
RNTO
  - RNTO g
  + RNTO g
  + RNFR f ; RNTO g
  + RNFR f ; rnto g
  + RNFR f ; RNTO
  + RNFR f ; RNTO f
  + RNFR f ; RNTO lines
  + RNFR f ; RNTO d
  + RNFR f ; RNTO d/g
  + RNFR f ; RNTO missing/g
  + RNFR d ; RNTO f
  + RNFR d ; RNTO e
  + RNFR d ; RNTO d/g
  + RNFR d ; RNTO g
  + RNFR missing ; RNTO g
  + RNFR f ; NOOP ; RNTO g
  + RNFR f ; CWD d ; RNTO g
  + RNFR f ; DELE f ; RNTO g
  + RNFR f ; RNFR missing ; RNTO g
  + RNFR f ; RNTO missing/g ; RNTO g
  + RNFR f ; XYZZY ; RNTO g
  + RNFR f ; RNTO g ; RNTO h
  + RNFR f ; RNTO ../../../../../../pub/above
SITE
  - SITE HELP
  + SITE HELP
  + SITE help
  + SITE
  + SITE XYZZY
  + SITE CHMOD
  + SITE CHMOD 600 f
  + SITE CHMOD 600 missing
  + SITE CHMOD 999 f
  + SITE CHMOD x f
  + SITE CHGRP users f
  + SITE UMASK
  + SITE UMASK 022
  + SITE IDLE
  + SITE IDLE 60
  + SITE UTIME 20240102030405 f
  + SITE MKDIR new
  + SITE RMDIR e
  + SITE SYMLINK f g
  + SITE COPY f g
  + SITE CPFR f
  + SITE CPFR missing
  + SITE CPTO g
  + SITE CPFR f ; SITE CPTO g
  + SITE CPFR f ; NOOP ; SITE CPTO g
  + SITE QUOTA
  + SITE WHO
  + SITE XDUPE 1
  + SITE EXEC ls
  - SITE CHMOD 600 f
SIZE
  - SIZE f
  +=TYPE I ; SIZE f
  +=TYPE I ; size f
  +=TYPE I ; SIZE a b
  +=TYPE A ; SIZE f
  +=TYPE A ; SIZE lines
  + SIZE
  + SIZE missing
  + SIZE d
  + !PASV ; STOR new ; SIZE new
SMNT
  - SMNT x
  + SMNT x
  + SMNT
SPSV
  - SPSV
  + SPSV
SSCN
  - SSCN
  + SSCN
  T SSCN ON
STAT
  - STAT
  + STAT
  + stat
  + STAT f
  + STAT d
  + STAT missing
  + STAT -la
  + STAT -la d
  + STAT *.none
  + STAT {{*},{{*},{{*},{{*}
STOR
  - STOR new
  + STOR new
  + STOR
  + !PASV ; STOR new
  + !PASV ; stor new
  + TYPE I ; !PASV ; STOR new
  + !PASV ; STOR f
  + !PASV ; STOR
  + !PASV ; STOR d
  + !PASV ; STOR new/
  + !PASV ; STOR missing/new
  + !PASV ; STOR f/new
  + !PASV ; STOR /
  + !PASV ; STOR ..
  + !PASV ; STOR {300}
  + !PASV ; STOR new ; ~STOR new
  + !PASV ; &STOR new ; ~ABOR ; ~RETR f
  + STOR ../../../../etc/passwd
  +=TYPE I ; !PASV ; STOR new ; SIZE new
  +=TYPE I ; !PASV ; STOR f ; SIZE f
  +=TYPE A ; !PASV ; STOR new ; TYPE I ; SIZE new
  + !PASV ; STOR new ; DELE new
  + !PASV ; STOR a"b
  + !PASV ; STOR \xff\xff
STOU
  - STOU
  + STOU
  + !PASV ; STOU
  + !PASV ; STOU f
STRU
  - STRU F
  + STRU F
  + stru f
  + STRU R
  + STRU P
  + STRU X
  + STRU
  + STRU FF
SYST
  - SYST
  +=SYST
  + syst
  + SYST x
THMB
  - THMB PNG 10 10 f
  + THMB PNG 10 10 f
TYPE
  - TYPE A
  + TYPE A
  + TYPE a
  + type i
  + TYPE I
  + TYPE I\s
  + TYPE A N
  + TYPE A T
  + TYPE A C
  + TYPE A X
  + TYPE E
  + TYPE L 8
  + TYPE L
  + TYPE L 7
  + TYPE L 16
  + TYPE L8
  + TYPE X
  +=TYPE I ; TYPE X ; SIZE f
  + TYPE AI
  + TYPE
  + TYPE I N
USER
  - USER {user}
  - user {user}
  - USER
  - USER nobody-of-this-name
  - USER {300}
  - USER {user} ; USER {user}
  - USER {user} ; USER {user} ; PASS {password}
  - USER {user} ; PASS wrong password
  - USER nobody-of-this-name ; PASS x
  - USER nobody-of-this-name ; PASS x ; PASS x
  - USER {user} ; PASV
  - USER {user} ; USER nobody-of-this-name ; PASS {password}
  - USER {user} ; REIN ; PASS {password}
  - USER {user} ; XYZZY ; PASS {password}
  - USER {user} ; PASS {password} ; PASS {password}
  + USER {user}
  + USER nobody-of-this-name
  + USER
  t USER {user}
  t USER {user} ; PASS {password}
  T USER {user}
XCRC
  - XCRC f
  + XCRC f
  + XCRC missing
  + XCRC
XMD5
  - XMD5 f
  + XMD5 f
XSHA
  - XSHA f
  + XSHA f
  + XSHA1 f
XSHA256
  - XSHA256 f
  + XSHA256 f
  + XSHA256 d
XSHA512
  - XSHA512 f
  + XSHA512 f
"""

STARTS = {"-": "before login", "+": "", "t": "TLS, before login", "T": "TLS"}


class Case:
    """One script."""

    def __init__(self, verb, line):
        self.verb, self.start, self.texts = verb, line[0], line[1:2] == "="
        script = line[2:] if line[1:2] in "= " else line[1:]
        # A line of nothing is a line too.
        self.lines = [each.strip(" ") for each in script.split(" ; ")]
        # What reasons and page call it; a page has one case under each name.
        self.name = f"{self.start} {' ; '.join(self.lines)}".rstrip()


def cases():
    """All of them, in the order of the verbs."""
    found, verb = [], None
    for line in CASES.strip().splitlines():
        if line.startswith("  "):
            found.append(Case(verb, line[2:]))
        else:
            verb = line
    names = [case.name for case in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SystemExit(f"the same case twice: {sorted(twice)}")
    return found
