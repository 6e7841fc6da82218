// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import NIOHTTP1

/// What a unary call returned: one message between headers and trailers.
struct UnaryAnswer: Sendable {
    /// The message, uncompressed.
    var message: [UInt8]
    /// The headers.
    var headers: RPCMetadata
    /// The trailers.
    var trailers: RPCMetadata

    /// Reads a whole answer as the protocol says.
    ///
    /// - Throws: The error that the server answered, or `.internalError` or `.unknown` for what is no answer of the
    ///   protocol's.
    init(_ answer: CollectedAnswer, _ format: WireFormat) throws(RPCError) {
        switch format.rpcProtocol {
        case .connect: self = try Self.connect(answer, format)
        case .grpc, .grpcWeb: self = try Self.enveloped(answer, format)
        }
    }

    private init(message: [UInt8], headers: RPCMetadata, trailers: RPCMetadata) {
        self.message = message
        self.headers = headers
        self.trailers = trailers
    }

    private static func connect(_ answer: CollectedAnswer, _ format: WireFormat) throws(RPCError) -> UnaryAnswer {
        var (headers, trailers): (RPCMetadata, RPCMetadata) = ([:], [:])
        for (name, value) in answer.head.headers {
            let lowered = name.lowercased()
            if lowered.hasPrefix("trailer-") {
                trailers.add(String(lowered.dropFirst("trailer-".count)), value)
            } else {
                headers.add(lowered, value)
            }
        }
        let body = [UInt8](answer.body.readableBytesView)
        let encoding = headers.first("content-encoding") ?? "identity"
        guard encoding == Gzip.name || encoding == "identity" else {
            throw RPCError(.internalError, "the answer has an encoding that was not offered: \(encoding)")
        }
        let plain = encoding == Gzip.name && !body.isEmpty ? try format.decompress(body) : body
        var all = headers
        all.append(trailers)
        guard answer.head.status == .ok else {
            throw RefusedAnswer.error(answer.head, body: plain, metadata: all)
        }
        try format.check(answer.head, isEnveloped: false)
        return UnaryAnswer(message: plain, headers: headers, trailers: trailers)
    }

    private static func enveloped(_ answer: CollectedAnswer, _ format: WireFormat) throws(RPCError) -> UnaryAnswer {
        var reader = try EnvelopedAnswer(answer.head, format)
        reader.append(answer.body)
        var messages: [[UInt8]] = []
        while let message = try reader.next() { messages.append(message) }
        try reader.end(answer.trailers)
        guard messages.count == 1 else {
            throw RPCError(
                .unimplemented, "a unary answer has one message, this one \(messages.count)", metadata: reader.headers)
        }
        return UnaryAnswer(message: messages[0], headers: reader.headers, trailers: reader.trailers)
    }
}

/// Answers whose HTTP status is not 200.
enum RefusedAnswer {
    /// The error that such an answer means: its JSON when it is Connect's, else what the status says, with the body's
    /// text when it is short and plain.
    static func error(_ head: HTTPResponseHead, body: [UInt8], metadata: RPCMetadata) -> RPCError {
        let type = head.headers.first(name: "content-type")?.lowercased() ?? ""
        if type.hasPrefix("application/json"), var error = ErrorJSON.decode(body) {
            error.metadata = metadata
            return error
        }
        var message = "HTTP status \(head.status.code)"
        if type.isEmpty || type.hasPrefix("text/plain"), !body.isEmpty, body.count <= 512 {
            let text = String(decoding: body, as: UTF8.self)
            message += ": " + text.split(whereSeparator: \.isNewline).joined(separator: " ")
        }
        return RPCError(RPCCode(httpStatus: Int(head.status.code)), message, metadata: metadata)
    }
}

extension WireFormat {
    /// Checks that an answer's content type is the one of the call.
    ///
    /// - Throws: `.internalError` when only the codec differs, `.unknown` when something else answered.
    func check(_ head: HTTPResponseHead, isEnveloped: Bool) throws(RPCError) {
        let value = head.headers.first(name: "content-type") ?? ""
        let expected = contentType(isEnveloped: isEnveloped)
        guard let actual = RPCContentType(value) else {
            throw RPCError(.unknown, "the answer's content type is '\(value)', not \(expected.headerValue)")
        }
        guard actual == expected else {
            throw RPCError(.internalError, "the answer's content type is '\(value)', not \(expected.headerValue)")
        }
    }
}
