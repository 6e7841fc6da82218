// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import Digest

/// The original's shared bearer token: one for all callers, compared in constant time. Without a token every path is open.
public struct BearerAccess: ServerInterceptor {
    /// Open to everybody, by exact path, as the original has it.
    public static let exemptPaths: Set<String> = ["/healthz", "/readyz", "/metrics"]

    /// Digests stand for the tokens, so that a comparison's time does not tell their length either.
    private let digests: [[UInt8]]

    /// Any of these tokens lets a call pass; several, so that one can be replaced while the other still works. Empty ones
    /// are passed over.
    public init(tokens: [String]) {
        digests = tokens.filter { !$0.isEmpty }.map { SHA256Digest(of: $0.utf8).bytes }
    }

    /// Whether calls need a token.
    public var isEnabled: Bool { !digests.isEmpty }

    /// Refuses what carries no good token, with the same answer for every reason.
    public func begin(_ call: inout CallStart) -> CallRefusal? {
        if isEnabled, !Self.exemptPaths.contains(call.path) {
            guard let header = call.header("authorization"), accepts(header) else { return .http(Self.unauthorized) }
        }
        call.identity = Caller.sharedToken
        return nil
    }

    private func accepts(_ header: String) -> Bool {
        let scheme = "Bearer "
        guard header.hasPrefix(scheme), header.utf8.count > scheme.utf8.count else { return false }
        let given = SHA256Digest(of: header.utf8.dropFirst(scheme.utf8.count)).bytes
        // Every token is compared, so that the time does not tell which one it was.
        return digests.reduce(false) { found, digest in constantTimeEqual(digest, given) || found }
    }

    private static let unauthorized = HTTPRoute.Response(
        status: 401,
        headers: [
            "content-type": "text/plain; charset=utf-8", "www-authenticate": "Bearer realm=\"\(NavarchServer.realm)\"",
        ],
        body: Array("unauthorized\n".utf8))
}
