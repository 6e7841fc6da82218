// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import NIOHTTP1

/// Reads an answer that comes in envelopes: streams of Connect, all of gRPC and gRPC-Web. Pure: bytes in, messages out.
struct EnvelopedAnswer: Sendable {
    private enum Phase: Sendable {
        /// Messages come.
        case messages
        /// The HTTP status is not 200: the body is kept to say why.
        case refused
        /// The envelope that ends the body was read.
        case ended(RPCError?)
    }

    /// The headers.
    let headers: RPCMetadata
    /// The trailers, once the answer has ended.
    private(set) var trailers: RPCMetadata = [:]
    private let head: HTTPResponseHead
    private let format: WireFormat
    private let isCompressed: Bool
    private var phase = Phase.messages
    private var buffer = ByteBuffer()

    /// How much of a refusal's body is worth reading.
    private static let refusalLimit = 64 << 10

    /// Starts with the head.
    ///
    /// - Throws: `.internalError` or `.unknown` when it is no answer of the protocol's.
    init(_ head: HTTPResponseHead, _ format: WireFormat) throws(RPCError) {
        self.head = head
        self.format = format
        headers = RPCMetadata(head.headers.map { ($0.name, $0.value) })
        guard head.status == .ok else {
            phase = .refused
            isCompressed = false
            return
        }
        try format.check(head, isEnveloped: true)
        let name = format.rpcProtocol == .connect ? "connect-content-encoding" : "grpc-encoding"
        let encoding = headers.first(name) ?? "identity"
        guard encoding == Gzip.name || encoding == "identity" else {
            throw RPCError(.internalError, "the answer has an encoding that was not offered: \(encoding)")
        }
        isCompressed = encoding == Gzip.name
    }

    /// True when the HTTP status is not 200: then there are no messages, and `end` throws why.
    var isRefused: Bool { head.status != .ok }

    /// A part of the body came.
    mutating func append(_ part: ByteBuffer) {
        if case .refused = phase, buffer.readableBytes > Self.refusalLimit { return }
        if buffer.readableBytes == 0 {
            buffer = part
        } else {
            buffer.writeImmutableBuffer(part)
        }
    }

    /// The next message, uncompressed; nil when more of the body is needed, or none is left.
    ///
    /// - Throws: What is wrong with the body.
    mutating func next() throws(RPCError) -> [UInt8]? {
        while true {
            guard case .messages = phase else { return try afterMessages() }
            guard let prefix = EnvelopePrefix(buffer.readableBytesView.prefix(EnvelopePrefix.size)) else { return nil }
            guard Int(prefix.length) <= format.maxMessageBytes else { throw format.tooLong() }
            guard buffer.readableBytes - EnvelopePrefix.size >= Int(prefix.length) else { return nil }
            buffer.moveReaderIndex(forwardBy: EnvelopePrefix.size)
            let raw = buffer.readBytes(length: Int(prefix.length)) ?? []
            let payload = try plain(raw, prefix.flags)
            switch prefix.flags.subtracting(.compressed) {
            case []: return payload
            case .endStream where format.rpcProtocol == .connect: try endConnect(payload)
            case .webTrailers where format.rpcProtocol == .grpcWeb: endWeb(payload)
            case let flags: throw RPCError(.internalError, "an envelope has the unknown flags \(flags.rawValue)")
            }
        }
    }

    /// The answer is complete. All of its messages must have been taken.
    ///
    /// - Throws: The error with which the server ended it, or what is missing from it.
    mutating func end(_ httpTrailers: HTTPHeaders) throws(RPCError) {
        switch phase {
        case .refused:
            throw RefusedAnswer.error(head, body: [UInt8](buffer.readableBytesView), metadata: headers)
        case .ended(let error?): throw error
        case .ended(nil): return
        case .messages:
            guard format.rpcProtocol != .connect else {
                throw RPCError(.internalError, "the stream broke off without its last envelope", metadata: headers)
            }
            try endGRPC(httpTrailers)
        }
    }

    /// gRPC's status is in the trailers, or in the head of an answer without a body.
    private mutating func endGRPC(_ httpTrailers: HTTPHeaders) throws(RPCError) {
        let trailing = RPCMetadata(httpTrailers.map { ($0.name, $0.value) })
        let status = trailing.first(GRPCStatus.statusName) == nil ? headers : trailing
        if let error = GRPCStatus.error(in: status) { throw withHeaders(error, unless: status == headers) }
        guard buffer.readableBytes == 0 else {
            throw RPCError(.internalError, "the answer broke off within a message", metadata: headers)
        }
        trailers = GRPCStatus.withoutStatus(trailing)
    }

    private mutating func endConnect(_ payload: [UInt8]) throws(RPCError) {
        guard let end = EndOfStream(payload) else {
            throw RPCError(.internalError, "the stream's last envelope is no JSON of the protocol's", metadata: headers)
        }
        trailers = end.trailers
        phase = .ended(
            end.error.map { error in
                var error = error
                error.metadata = headers
                error.metadata.append(end.trailers)
                return error
            })
    }

    private mutating func endWeb(_ payload: [UInt8]) {
        let all = WebTrailers.decode(payload)
        trailers = GRPCStatus.withoutStatus(all)
        phase = .ended(GRPCStatus.error(in: all).map { withHeaders($0, unless: false) })
    }

    private func afterMessages() throws(RPCError) -> [UInt8]? {
        if case .ended = phase, buffer.readableBytes > 0 {
            throw RPCError(.internalError, "something comes after the stream's last envelope", metadata: headers)
        }
        return nil
    }

    private func plain(_ payload: [UInt8], _ flags: EnvelopePrefix.Flags) throws(RPCError) -> [UInt8] {
        guard flags.contains(.compressed) else { return payload }
        guard isCompressed else {
            throw RPCError(.internalError, "a message is compressed, and the headers name no encoding")
        }
        return payload.isEmpty ? [] : try format.decompress(payload)
    }

    private func withHeaders(_ error: RPCError, unless isComplete: Bool) -> RPCError {
        guard !isComplete else { return error }
        var error = error
        var metadata = headers
        metadata.append(error.metadata)
        error.metadata = metadata
        return error
    }
}
