// SPDX-License-Identifier: MIT
import Connect
import NIOHTTP1

/// What the head of a request says to the protocols, read in one pass over its headers.
struct RequestFacts {
    var contentType: String?
    var contentEncoding: String?
    var acceptEncoding: String?
    var connectEncoding: String?
    var connectAcceptEncoding: String?
    var grpcEncoding: String?
    var grpcAcceptEncoding: String?
    var connectTimeout: String?
    var grpcTimeout: String?
    var connectVersion: String?
    var requestID: String?
    var contentLength: Int?
    var expectsContinue = false

    init(_ headers: HTTPHeaders) {
        for (name, value) in headers { note(name, value) }
    }

    /// Names are told apart by their length first, which costs nothing; most headers are none of these.
    private mutating func note(_ name: String, _ value: String) {
        switch name.utf8.count {
        case 6: if name.isHeader("expect") { expectsContinue = value.isHeader("100-continue") }
        case 12:
            if name.isHeader("content-type") {
                contentType = value
            } else if name.isHeader("x-request-id") {
                requestID = value
            } else if name.isHeader("grpc-timeout") {
                grpcTimeout = value
            }
        case 13: if name.isHeader("grpc-encoding") { grpcEncoding = value }
        case 14: if name.isHeader("content-length") { contentLength = Int(value) }
        case 15: if name.isHeader("accept-encoding") { acceptEncoding = value }
        case 16: if name.isHeader("content-encoding") { contentEncoding = value }
        case 18: if name.isHeader("connect-timeout-ms") { connectTimeout = value }
        case 20: if name.isHeader("grpc-accept-encoding") { grpcAcceptEncoding = value }
        case 23: if name.isHeader("connect-accept-encoding") { connectAcceptEncoding = value }
        case 24:
            if name.isHeader("connect-content-encoding") {
                connectEncoding = value
            } else if name.isHeader("connect-protocol-version") {
                connectVersion = value
            }
        default: break
        }
    }

    /// How the request's messages are compressed, in a call of the given form.
    func encoding(in form: RPCContentType) -> String? {
        switch form.rpcProtocol {
        case .connect: form.isEnveloped ? connectEncoding : contentEncoding
        case .grpc, .grpcWeb: grpcEncoding
        }
    }

    /// True when the client can read gzip in a call of the given form. A client that compresses its request and says no
    /// more can.
    func acceptsGzip(in form: RPCContentType) -> Bool {
        let accepted: String? =
            switch form.rpcProtocol {
            case .connect: form.isEnveloped ? connectAcceptEncoding : acceptEncoding
            case .grpc, .grpcWeb: grpcAcceptEncoding
            }
        guard let accepted else { return encoding(in: form) == Gzip.name }
        return accepted.split(separator: ",").contains { part in
            let fields = part.split(separator: ";")
            guard let name = fields.first, name.trimmed == Gzip.name else { return false }
            return !fields.dropFirst().contains { $0.trimmed == "q=0" }
        }
    }

    /// How long the caller waits; nil for ever.
    func timeout(in form: RPCContentType) throws(RPCError) -> Duration? {
        let (text, parsed): (String?, Duration?) =
            switch form.rpcProtocol {
            case .connect: (connectTimeout, connectTimeout.flatMap(TimeoutHeader.parseConnect))
            case .grpc, .grpcWeb: (grpcTimeout, grpcTimeout.flatMap(TimeoutHeader.parseGRPC))
            }
        if let text, parsed == nil { throw RPCError(.invalidArgument, "\"\(text)\" is no valid timeout") }
        return parsed
    }
}

extension String {
    /// True when this is `name`, which is lower case, in any case of its ASCII letters.
    func isHeader(_ name: StaticString) -> Bool {
        var text = self
        return text.withUTF8 { bytes in
            guard bytes.count == name.utf8CodeUnitCount else { return false }
            for index in 0..<bytes.count {
                let byte = bytes[index]
                let lowered = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
                if lowered != name.utf8Start[index] { return false }
            }
            return true
        }
    }
}

extension Substring {
    /// Without the spaces and tabs around it.
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
