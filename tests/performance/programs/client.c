/* The least a client can do: the exchanges of the Runtime API, the event sent back as it came.
   No JSON, no header but those needed; one connection. What it costs is the kernel's share. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int connection;
static char *buffer;
static size_t capacity = 1 << 16;

static void die(const char *what) {
    perror(what);
    exit(69);
}

static void send_all(struct iovec *parts, int count) {
    while (count > 0) {
        ssize_t sent = writev(connection, parts, count);
        if (sent < 0) die("send");
        while (count > 0 && (size_t)sent >= parts->iov_len) {
            sent -= (ssize_t)parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + sent;
            parts->iov_len -= (size_t)sent;
        }
    }
}

/* Receives one reply into buffer; returns where its body begins and sets its length. */
static char *receive(size_t *length) {
    size_t have = 0, whole = 0;
    char *body = NULL;
    while (body == NULL || have < whole) {
        if (have + 1 >= capacity || whole + 1 >= capacity) {
            size_t offset = body == NULL ? 0 : (size_t)(body - buffer);
            capacity = whole + 1 >= capacity ? whole + 2 : capacity * 2;
            buffer = realloc(buffer, capacity);
            if (buffer == NULL) die("realloc");
            if (body != NULL) body = buffer + offset;
        }
        ssize_t got = recv(connection, buffer + have, capacity - have - 1, 0);
        if (got <= 0) die("recv");
        have += (size_t)got;
        buffer[have] = 0;
        if (body == NULL && (body = strstr(buffer, "\r\n\r\n")) != NULL) {
            char *header = strcasestr(buffer, "content-length:");
            body += 4;
            *length = header == NULL ? 0 : strtoul(header + 15, NULL, 10);
            whole = (size_t)(body - buffer) + *length;
        }
    }
    return body;
}

int main(void) {
    const char *address = getenv("AWS_LAMBDA_RUNTIME_API");
    char host[64], get[256], post[512], id[128];
    int port, one = 1;
    if (address == NULL || sscanf(address, "%63[^:]:%d", host, &port) != 2) return 78;
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, host, &peer.sin_addr);
    buffer = malloc(capacity);
    connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&peer, sizeof peer) != 0) die("connect");
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int get_length = snprintf(get, sizeof get,
        "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n", address);
    for (;;) {
        size_t length;
        struct iovec ask = {get, (size_t)get_length};
        send_all(&ask, 1);
        char *event = receive(&length);
        char *header = strcasestr(buffer, "lambda-runtime-aws-request-id:");
        if (header == NULL || sscanf(header + 30, " %127s", id) != 1) return 76;
        int head = snprintf(post, sizeof post,
            "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: %s\r\n"
            "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n", id, address, length);
        struct iovec answer[] = {{post, (size_t)head}, {event, length}};
        send_all(answer, 2);
        receive(&length);
    }
}
