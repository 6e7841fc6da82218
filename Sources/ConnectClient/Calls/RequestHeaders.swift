// SPDX-License-Identifier: MIT

import Connect
import NIOHTTP1

/// Builds the head of a call's request.
struct RequestHeaders: Sendable {
    /// The name of the header that names a call in the logs of both sides.
    static let requestID = "x-request-id"

    let format: WireFormat
    let userAgent: String
    /// Headers of every call and of this one.
    let custom: RPCMetadata

    /// Checks that the caller's headers can travel.
    ///
    /// - Throws: `.invalidArgument`, naming the header.
    init(format: WireFormat, userAgent: String, common: RPCMetadata, call: RPCMetadata) throws(RPCError) {
        self.format = format
        self.userAgent = userAgent
        var custom = common
        for name in Set(call.map(\.name)) { custom.remove(name) }
        custom.append(call)
        for (name, value) in custom {
            guard RPCMetadata.isValid(name: name, value: value) else {
                throw RPCError(.invalidArgument, "header '\(name)' has a name or value that HTTP cannot carry")
            }
            guard !Self.isReserved(name) else {
                throw RPCError(.invalidArgument, "header '\(name)' belongs to the protocol and cannot be set")
            }
        }
        if custom.first(Self.requestID) == nil { custom.add(Self.requestID, Self.newRequestID()) }
        self.custom = custom
    }

    /// The name of this call in logs.
    var requestID: String { custom.first(Self.requestID) ?? "" }

    /// The head of one attempt. `timeout` is what is left of the call's time.
    func head(
        path: String, at endpoint: Endpoint, body: WireFormat.Body, isEnveloped: Bool, timeout: Duration?,
        token: String?
    ) -> HTTPRequestHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(12 + custom.count)
        headers.add(name: "host", value: endpoint.authority)
        headers.add(name: "content-type", value: format.contentType(isEnveloped: isEnveloped).headerValue)
        headers.add(name: "content-length", value: String(body.bytes.readableBytes))
        headers.add(name: "user-agent", value: userAgent)
        addProtocol(to: &headers, isEnveloped: isEnveloped, isCompressed: body.isCompressed, timeout: timeout)
        if let token { headers.add(name: "authorization", value: "Bearer \(token)") }
        for (name, value) in custom where token == nil || name != "authorization" {
            headers.add(name: name, value: value)
        }
        return HTTPRequestHead(version: .http1_1, method: .POST, uri: endpoint.pathPrefix + path, headers: headers)
    }

    private func addProtocol(
        to headers: inout HTTPHeaders, isEnveloped: Bool, isCompressed: Bool, timeout: Duration?
    ) {
        let prefix: String
        switch format.rpcProtocol {
        case .connect:
            prefix = isEnveloped ? "connect-" : ""
            headers.add(name: "connect-protocol-version", value: Connect.protocolVersion)
            if let timeout { headers.add(name: TimeoutHeader.connectName, value: TimeoutHeader.connect(timeout)) }
        case .grpc, .grpcWeb:
            prefix = "grpc-"
            if format.rpcProtocol == .grpc {
                headers.add(name: "te", value: "trailers")
            } else {
                headers.add(name: "x-grpc-web", value: "1")
            }
            if let timeout { headers.add(name: TimeoutHeader.grpcName, value: TimeoutHeader.grpc(timeout)) }
        }
        let encoding = format.rpcProtocol == .connect ? "content-encoding" : "encoding"
        if isCompressed { headers.add(name: prefix + encoding, value: Gzip.name) }
        headers.add(name: prefix + "accept-encoding", value: Gzip.name)
    }

    private static func isReserved(_ name: String) -> Bool {
        name.hasPrefix("grpc-") || name.hasPrefix("connect-") || reserved.contains(name)
    }

    private static let reserved: Set<String> = [
        "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "host", "keep-alive",
        "te",
        "trailer", "transfer-encoding", "upgrade", "user-agent",
    ]

    /// 128 random bits: no two calls ever share one.
    private static func newRequestID() -> String {
        var generator = SystemRandomNumberGenerator()
        return [generator.next(), generator.next()].map { (word: UInt64) in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
