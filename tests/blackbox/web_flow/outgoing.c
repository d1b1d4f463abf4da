/* Stands between a process and the network, by LD_PRELOAD: writes down, one to a line, to which addresses it connects or
 * sends and which names it looks up. What would leave the machine fails. The test's side of it is outgoing.rs. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void note(const char *what, const char *whom) {
    const char *path = getenv("OUTGOING_RECORD");
    int fd = path == NULL ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    /* What is not written down must not happen. */
    if (fd < 0 || dprintf(fd, "%s %s\n", what, whom) < 0) abort();
    close(fd);
}

/* Whether it would leave the machine. Sockets of other families than IP are files of this one. */
static int leaves(const char *what, const struct sockaddr *to) {
    char ip[INET6_ADDRSTRLEN], address[INET6_ADDRSTRLEN + 16];
    int is_loopback;
    if (to == NULL) return 0;
    if (to->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)to;
        inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof ip);
        snprintf(address, sizeof address, "%s:%d", ip, ntohs(v4->sin_port));
        is_loopback = ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    } else if (to->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)to;
        inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof ip);
        snprintf(address, sizeof address, "[%s]:%d", ip, ntohs(v6->sin6_port));
        is_loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    } else {
        return 0;
    }
    note(what, address);
    return !is_loopback;
}

int connect(int fd, const struct sockaddr *to, socklen_t length) {
    static int (*real)(int, const struct sockaddr *, socklen_t);
    if (leaves("connect", to)) return errno = ENETUNREACH, -1;
    if (real == NULL) real = dlsym(RTLD_NEXT, "connect");
    return real(fd, to, length);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
    static ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    if (leaves("send", to)) return errno = ENETUNREACH, -1;
    if (real == NULL) real = dlsym(RTLD_NEXT, "sendto");
    return real(fd, data, size, flags, to, length);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    static ssize_t (*real)(int, const struct msghdr *, int);
    if (leaves("send", message->msg_name)) return errno = ENETUNREACH, -1;
    if (real == NULL) real = dlsym(RTLD_NEXT, "sendmsg");
    return real(fd, message, flags);
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (name != NULL) return note("look-up", name), EAI_NONAME;
    if (real == NULL) real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(name, service, hints, found);
}
