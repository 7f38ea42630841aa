// SPDX-License-Identifier: Apache-2.0
//
// Names that a model may well have and the C library has taken: `select.onnx`, `time.onnx`.
#include "codegen/names.h"

#include <algorithm>

namespace burin::codegen {
namespace {
// Functions and objects of the global scope: ISO/IEC 9899 annex B, and POSIX as glibc declares it
// in the headers that a C++ program includes without knowing.
constexpr std::string_view kFunctions[] = {
    "abort",     "abs",       "accept",    "access",    "acct",      "acos",        "acosh",
    "adjtime",   "alarm",     "alloca",    "asctime",   "asin",      "asinh",       "asprintf",
    "atan",      "atan2",     "atanh",     "atexit",    "atof",      "atoi",        "atol",
    "basename",  "bcmp",      "bcopy",     "bind",      "brk",       "bsearch",     "btowc",
    "bzero",     "calloc",    "cbrt",      "ceil",      "chdir",     "chmod",       "chown",
    "chroot",    "clearenv",  "clearerr",  "clock",     "clone",     "close",       "closedir",
    "closefrom", "confstr",   "connect",   "copysign",  "cos",       "cosh",        "creat",
    "crypt",     "ctermid",   "ctime",     "cuserid",   "daddl",     "daemon",      "daylight",
    "ddivl",     "dfmal",     "difftime",  "div",       "dmull",     "dprintf",     "drem",
    "dsqrtl",    "dsubl",     "dup",       "dup2",      "dup3",      "dysize",      "eaccess",
    "ecvt",      "encrypt",   "environ",   "erf",       "erfc",      "execl",       "execle",
    "execlp",    "execv",     "execve",    "execveat",  "execvp",    "execvpe",     "exit",
    "exp",       "exp2",      "expm1",     "fabs",      "faccessat", "fadd",        "fallocate",
    "fchdir",    "fchmod",    "fchmodat",  "fchown",    "fchownat",  "fclose",      "fcloseall",
    "fcntl",     "fcvt",      "fdatasync", "fdim",      "fdiv",      "fdopen",      "feof",
    "ferror",    "fexecve",   "fflush",    "ffma",      "ffs",       "fgetc",       "fgetpos",
    "fgets",     "fgetwc",    "fgetws",    "fileno",    "finite",    "flockfile",   "floor",
    "fma",       "fmax",      "fmaximum",  "fmaxmag",   "fmemopen",  "fmin",        "fminimum",
    "fminmag",   "fmod",      "fmul",      "fopen",     "fork",      "fpathconf",   "fpclassify",
    "fprintf",   "fputc",     "fputs",     "fputwc",    "fputws",    "fread",       "free",
    "freopen",   "frexp",     "fromfp",    "fromfpx",   "fscanf",    "fseek",       "fseeko",
    "fsetpos",   "fsqrt",     "fstat",     "fstatat",   "fsub",      "fsync",       "ftell",
    "ftello",    "ftruncate", "futimens",  "futimes",   "futimesat", "fwide",       "fwprintf",
    "fwrite",    "fwscanf",   "gamma",     "gcvt",      "getc",      "getchar",     "getcpu",
    "getcwd",    "getdate",   "getdelim",  "getegid",   "getenv",    "geteuid",     "getgid",
    "getgroups", "gethostid", "getitimer", "getline",   "getlogin",  "getopt",      "getpass",
    "getpgid",   "getpgrp",   "getpid",    "getppid",   "getpt",     "getresgid",   "getresuid",
    "getsid",    "getsubopt", "gettid",    "getuid",    "getumask",  "getw",        "getwc",
    "getwchar",  "getwd",     "glob",      "gmtime",    "grantpt",   "gsignal",     "hypot",
    "ilogb",     "index",     "initstate", "isalnum",   "isalpha",   "isascii",     "isatty",
    "isblank",   "iscntrl",   "isctype",   "isdigit",   "isfinite",  "isgraph",     "isinf",
    "isinff",    "isinfl",    "islower",   "isnan",     "isnormal",  "isprint",     "ispunct",
    "isspace",   "isupper",   "isxdigit",  "j0",        "j1",        "jn",          "kill",
    "killpg",    "labs",      "lchmod",    "lchown",    "ldexp",     "ldiv",        "lfind",
    "lgamma",    "link",      "linkat",    "listen",    "llabs",     "lldiv",       "llogb",
    "llrint",    "llround",   "localtime", "lockf",     "log",       "log2",        "logb",
    "longjmp",   "lrint",     "lround",    "lsearch",   "lseek",     "lstat",       "lutimes",
    "malloc",    "matherr",   "mblen",     "mbrlen",    "mbrtowc",   "mbsinit",     "mbsrtowcs",
    "mbstowcs",  "mbtowc",    "memccpy",   "memchr",    "memcmp",    "memcpy",      "memfrob",
    "memmem",    "memmove",   "mempcpy",   "memrchr",   "memset",    "mkdir",       "mkdirat",
    "mkdtemp",   "mkfifo",    "mkfifoat",  "mknod",     "mknodat",   "mkostemp",    "mkostemps",
    "mkstemp",   "mkstemps",  "mktemp",    "mktime",    "mmap",      "modf",        "mprotect",
    "msync",     "munmap",    "nan",       "nanosleep", "nearbyint", "nextafter",   "nextdown",
    "nextup",    "nice",      "open",      "openat",    "opendir",   "optarg",      "opterr",
    "optind",    "optopt",    "pathconf",  "pause",     "pclose",    "perror",      "pipe",
    "pipe2",     "poll",      "popen",     "pow",       "pread",     "printf",      "profil",
    "pselect",   "psiginfo",  "psignal",   "ptsname",   "putc",      "putchar",     "putenv",
    "puts",      "putw",      "putwc",     "putwchar",  "pwrite",    "qecvt",       "qfcvt",
    "qgcvt",     "qsort",     "raise",     "rand",      "random",    "rawmemchr",   "read",
    "readahead", "readdir",   "readlink",  "realloc",   "realpath",  "recv",        "remainder",
    "remove",    "remquo",    "rename",    "renameat",  "renameat2", "revoke",      "rewind",
    "rindex",    "rint",      "rmdir",     "round",     "roundeven", "rpmatch",     "sbrk",
    "scalb",     "scalbln",   "scalbn",    "scandir",   "scanf",     "select",      "send",
    "setbuf",    "setbuffer", "setegid",   "setenv",    "seteuid",   "setgid",      "sethostid",
    "setitimer", "setjmp",    "setkey",    "setlogin",  "setns",     "setpgid",     "setpgrp",
    "setregid",  "setresgid", "setresuid", "setreuid",  "setsid",    "setstate",    "setuid",
    "setvbuf",   "shutdown",  "sigaction", "sigaddset", "sigandset", "sigblock",    "sigdelset",
    "sighold",   "sigignore", "signal",    "signbit",   "signgam",   "significand", "sigorset",
    "sigpause",  "sigqueue",  "sigrelse",  "sigreturn", "sigset",    "sigstack",    "sigwait",
    "sin",       "sincos",    "sinh",      "sleep",     "snprintf",  "socket",      "splice",
    "sprintf",   "sqrt",      "srand",     "srandom",   "sscanf",    "ssignal",     "stat",
    "statx",     "stderr",    "stdin",     "stdout",    "stpcpy",    "stpncpy",     "strcat",
    "strchr",    "strchrnul", "strcmp",    "strcoll",   "strcpy",    "strcspn",     "strdup",
    "strerror",  "strfromd",  "strfromf",  "strfroml",  "strfry",    "strftime",    "strlen",
    "strncat",   "strncmp",   "strncpy",   "strndup",   "strnlen",   "strpbrk",     "strptime",
    "strrchr",   "strsep",    "strsignal", "strspn",    "strstr",    "strtod",      "strtof",
    "strtok",    "strtol",    "strtold",   "strtoq",    "strtoul",   "strtouq",     "strxfrm",
    "swab",      "swprintf",  "swscanf",   "symlink",   "symlinkat", "sync",        "syncfs",
    "syscall",   "sysconf",   "system",    "tan",       "tanh",      "tcgetpgrp",   "tcsetpgrp",
    "tdelete",   "tee",       "tempnam",   "tfind",     "tgamma",    "tgkill",      "time",
    "timegm",    "timelocal", "timezone",  "tmpfile",   "tmpnam",    "toascii",     "tolower",
    "toupper",   "trunc",     "truncate",  "tsearch",   "ttyname",   "ttyslot",     "twalk",
    "tzname",    "tzset",     "ualarm",    "ufromfp",   "ufromfpx",  "umask",       "ungetc",
    "ungetwc",   "unlink",    "unlinkat",  "unlockpt",  "unsetenv",  "unshare",     "usleep",
    "utimensat", "utimes",    "valloc",    "vasprintf", "vdprintf",  "vfork",       "vfprintf",
    "vfscanf",   "vfwprintf", "vfwscanf",  "vhangup",   "vmsplice",  "vprintf",     "vscanf",
    "vsnprintf", "vsprintf",  "vsscanf",   "vswprintf", "vswscanf",  "vwprintf",    "vwscanf",
    "wait",      "waitpid",   "wcpcpy",    "wcpncpy",   "wcrtomb",   "wcscat",      "wcschr",
    "wcschrnul", "wcscmp",    "wcscoll",   "wcscpy",    "wcscspn",   "wcsdup",      "wcsftime",
    "wcslen",    "wcsncat",   "wcsncmp",   "wcsncpy",   "wcsnlen",   "wcspbrk",     "wcsrchr",
    "wcsrtombs", "wcsspn",    "wcsstr",    "wcstod",    "wcstof",    "wcstok",      "wcstol",
    "wcstold",   "wcstombs",  "wcstoq",    "wcstoul",   "wcstouq",   "wcswcs",      "wcswidth",
    "wcsxfrm",   "wctob",     "wctomb",    "wcwidth",   "wmemchr",   "wmemcmp",     "wmemcpy",
    "wmemmove",  "wmempcpy",  "wmemset",   "wprintf",   "write",     "wscanf",      "y0",
    "y1",        "yn"};

// <time.h>, <math.h>: of ISO C, POSIX and glibc.
constexpr std::string_view kHeaders[] = {
    "aio",      "alloca",    "assert",    "complex",   "ctype",       "dirent",    "dlfcn",
    "elf",      "endian",    "err",       "errno",     "error",       "fcntl",     "fenv",
    "features", "float",     "fmtmsg",    "fnmatch",   "ftw",         "getopt",    "glob",
    "grp",      "iconv",     "ifaddrs",   "inttypes",  "iso646",      "langinfo",  "libgen",
    "libintl",  "limits",    "link",      "locale",    "malloc",      "math",      "mcheck",
    "memory",   "mntent",    "monetary",  "netdb",     "obstack",     "paths",     "poll",
    "printf",   "pthread",   "pty",       "pwd",       "regex",       "regexp",    "resolv",
    "sched",    "search",    "semaphore", "setjmp",    "sgtty",       "shadow",    "signal",
    "spawn",    "stdalign",  "stdarg",    "stdatomic", "stdbool",     "stdckdint", "stdc",
    "stddef",   "stdint",    "stdio",     "stdlib",    "stdnoreturn", "string",    "strings",
    "stropts",  "syscall",   "sysexits",  "syslog",    "tar",         "termio",    "termios",
    "tgmath",   "thread_db", "threads",   "time",      "uchar",       "ucontext",  "ulimit",
    "unistd",   "utime",     "utmp",      "utmpx",     "values",      "version",   "wait",
    "wchar",    "wctype",    "wordexp"};
} // namespace

std::string namespaceIdentifier(std::string_view name) {
  std::string out = identifier(name);
  if (std::ranges::binary_search(kFunctions, std::string_view(out)))
    out += "_model";
  return out;
}

bool hidesSystemHeader(std::string_view stem) { return std::ranges::binary_search(kHeaders, stem); }

} // namespace burin::codegen
