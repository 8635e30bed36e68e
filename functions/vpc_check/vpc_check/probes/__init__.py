"""Probes: what the function sees of a target from where it runs.

    from vpc_check.probes import probe_all
    observations = probe_all(targets, budget_s=20.0)

All targets at once, in at most 128 threads, fewer where descriptors are short. How each failure
is reported, step by step; the first step that fails ends a probe, and no step takes more than 4 s:

name     getaddrinfo, as any client does it: no such name, no address of it, servers that fail or
         don't answer → dns_failed. Then the address that came with the target is tried, if any
way      where one family (IPv4, IPv6) has a route here and the other has none, only the former is
         tried, as clients do it; up to four addresses of each. Addresses that end differently are
         reported separately: an endpoint that is blocked in one zone of three shows
connect  nothing back → dropped; ICMP unreachable or prohibited, or no route here → unreachable;
         RST → refused; answered only when packets were sent again (TCP_INFO) → slow
tcp      listens for 0.2 s and sends nothing: RST or an end at once → reset; a server that
         refuses this client (Redis in protected mode, MySQL, SMTP's 554 and 421) → denied
udp      sends what the port's protocol answers (DNS to 53, NTP to 123), else an empty datagram,
         twice: an answer → ok; ICMP port unreachable → refused; silence → dropped where any server
         would have answered, else sent
tls      on PostgreSQL's ports (5432, 5439, 6432) SSLRequest first; then a handshake that verifies:
         another name → tls_name; unknown or self-signed authority → tls_authority; a certificate,
         or one that it was issued by, out of its dates → tls_expired; no TLS there, no common
         version → tls_failed; RST or an end → reset; silence (also of a path that swallows large
         packets) → slow; a certificate of the client is wanted → denied. The certificate's names,
         issuer and dates are reported each time, also of one that is not trusted
http     GET with Connection: close and no credentials, redirects not followed: 401, 403 → denied;
         other 4xx and 5xx → http_status; no HTTP there → failed; RST or an end → reset; silence →
         slow. https has the step tls before

What there was no time for is not_tried, also an address that was waited for too shortly to call
it dropped. No proxy is used, whatever the environment says: that is another target. No ICMP:
Lambda has none.
"""

from __future__ import annotations

from vpc_check.probes.run import probe_all

__all__ = ["probe_all"]
