// SPDX-License-Identifier: MIT
import Connect

/// Bytes of a connection: HTTP/1.1, HTTP/2 and the protocols' envelopes, into the handlers of a real connection.
///
/// An input's first byte says how much of a good connection comes before the rest of it, its second in what pieces it comes.
struct FramesTarget: FuzzTarget {
    private let replica: FuzzReplica

    /// A target with a replica of its own.
    init() throws { replica = try FuzzReplica() }

    /// What comes before an input's bytes.
    enum Opening: CaseIterable {
        /// Nothing: whatever the first bytes make of it.
        case none
        /// HTTP/2's preface and settings.
        case http2
        /// A gRPC call over HTTP/2, up to its body.
        case grpc
        /// A call over HTTP/1.1, up to its body: gRPC-Web, and a Connect stream.
        case grpcWeb, connectStream
        /// The first line of an HTTP/1.1 request: headers follow.
        case headers
    }

    func run(_ input: [UInt8]) throws {
        var reader = InputReader(input)
        let opening = reader.choice(Opening.allCases)
        let size = Int(reader.byte())
        let bytes = Self.bytes(opening, Array(reader.rest))
        let answer = try replica.exchange(Self.pieces(of: bytes, size: size))
        guard opening != .http2, opening != .grpc, !answer.bytes.isEmpty, input.count > 2 else { return }
        let isHTTP2 = bytes.starts(with: Array("PRI * HTTP/2.0".utf8))
        try require(isHTTP2 || answer.bytes.starts(with: Array("HTTP/1.1 ".utf8)), "an answer is no HTTP/1.1")
    }

    /// At most 64 pieces after the first: more would only be slower.
    private static func pieces(of bytes: [UInt8], size: Int) -> [[UInt8]] {
        guard size > 0 else { return [bytes] }
        let size = max(size, bytes.count / 64 + 1)
        return stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }

    private static func bytes(_ opening: Opening, _ rest: [UInt8]) -> [UInt8] {
        switch opening {
        case .none: return rest
        case .http2: return HTTP2Bytes.opening + rest
        case .grpc:
            let chunks = stride(from: 0, to: rest.count, by: 16_384).map {
                Array(rest[$0..<min($0 + 16_384, rest.count)])
            }
            let body = chunks.flatMap { HTTP2Bytes.frame(.data, flags: 0, stream: 1, $0) }
            return HTTP2Bytes.opening + HTTP2Bytes.call(grpcHeaders, endStream: false) + body
                + HTTP2Bytes.frame(.data, flags: 1, stream: 1, [])
        case .grpcWeb:
            return head("/navarch.v1.AgentService/SendHeartbeat", "application/grpc-web+proto", rest.count) + rest
        case .connectStream:
            return head("/navarch.v1.NodeService/WatchNodes", "application/connect+json", rest.count) + rest
        case .headers: return Array("POST /navarch.v1.NodeService/GetNode HTTP/1.1\r\n".utf8) + rest
        }
    }

    private static func head(_ path: String, _ type: String, _ length: Int) -> [UInt8] {
        Array(
            "POST \(path) HTTP/1.1\r\nhost: x\r\ncontent-type: \(type)\r\ngrpc-encoding: gzip\r\nconnect-content-encoding: gzip\r\ncontent-length: \(length)\r\n\r\n"
                .utf8)
    }

    private static let grpcHeaders = [
        (":method", "POST"), (":scheme", "http"), (":path", "/navarch.v1.AgentService/SendHeartbeat"),
        (":authority", "x"), ("content-type", "application/grpc+proto"), ("te", "trailers"), ("grpc-encoding", "gzip"),
        ("grpc-timeout", "1S"),
    ]

    var seeds: [[UInt8]] {
        let message: [UInt8] = [10, 3] + Array("n-1".utf8)
        let envelope = EnvelopePrefix.envelope(message)
        let packed = EnvelopePrefix.envelope(Gzip.compress(message), flags: .compressed)
        let text = { (text: String) in Array(text.utf8) }
        let get =
            "GET /navarch.v1.NodeService/GetNode?connect=v1&encoding=json&base64=1&message=eyJub2RlSWQiOiJuIn0 HTTP/1.1\r\nhost: x\r\n\r\n"
        let chunked =
            "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{\"nodeId\":\"n-1\"}\r\n0\r\n\r\n"
        let streams =
            HTTP2Bytes.call(Self.grpcHeaders, endStream: true)
            + HTTP2Bytes.frame(.reset, flags: 0, stream: 1, [0, 0, 0, 8])
            + HTTP2Bytes.frame(.ping, flags: 0, stream: 0, [1, 2, 3, 4, 5, 6, 7, 8])
            + HTTP2Bytes.frame(.window, flags: 0, stream: 0, [0, 0, 1, 0])
        return [
            [0, 0] + text(get), [0, 7] + text(get + get),
            [0, 0] + text("GET /metrics HTTP/1.0\r\n\r\n"),
            [0, 0] + text("GET /readyz HTTP/1.1\r\naccept: application/json\r\n\r\n"),
            [0, 3] + HTTP2Bytes.opening + streams, [1, 0] + streams, [1, 5] + streams,
            [2, 0] + envelope, [2, 0] + packed, [3, 0] + envelope, [3, 2] + packed,
            [4, 0] + EnvelopePrefix.envelope(text("{\"zone\":\"a\"}")),
            [5, 0]
                + text(
                    "content-type: application/json\r\ncontent-length: 16\r\nconnect-timeout-ms: 100\r\nx-navarch-actor: me\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n{\"nodeId\":\"n-1\"}"
                ),
            [5, 0] + text(chunked), [5, 0] + text("expect: 100-continue\r\ncontent-length: 2\r\n\r\n{}"),
        ]
    }

    var dictionary: [String] {
        [
            "content-type: ", "application/json", "application/grpc", "application/grpc-web-text",
            "application/connect+proto",
            "transfer-encoding: chunked", "content-length: ", "grpc-timeout: ", "connect-timeout-ms: ",
            "connect-protocol-version: 1", "content-encoding: gzip", "accept-encoding: gzip;q=0", "connection: close",
            "x-request-id: ", "x-navarch-actor: ", "traceparent: ", "expect: 100-continue", "HTTP/1.1\r\n",
            "HTTP/1.0\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET ", "HEAD ", "OPTIONS ", "/navarch.v1.NodeService/ListNodes",
            "/navarch.ControlPlaneService/GetNode", "/healthz", "/metrics", "?message=", "&base64=1",
            "&compression=gzip",
            "99999999H", "\r\n\r\n", "\u{0}\u{0}\u{0}\u{0}\u{5}",
        ]
    }
}

/// HTTP/2 as bytes, without compression of headers.
enum HTTP2Bytes {
    /// The types of frames that seeds have.
    enum Kind: UInt8 { case data = 0, headers = 1, reset = 3, settings = 4, ping = 6, window = 8 }

    /// What a client sends first: the preface and empty settings.
    static let opening = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(.settings, flags: 0, stream: 0, [])

    /// One frame.
    static func frame(_ kind: Kind, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count
        let size = [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)]
        return size + [kind.rawValue, flags, 0, 0, 0, stream] + payload
    }

    /// The head of a call on stream 1; names and values of less than 127 bytes each.
    static func call(_ headers: [(String, String)], endStream: Bool) -> [UInt8] {
        var block: [UInt8] = []
        for (name, value) in headers {
            block += [0, UInt8(name.utf8.count)] + Array(name.utf8)
            block += [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        return frame(.headers, flags: endStream ? 5 : 4, stream: 1, block)
    }
}
