// SPDX-License-Identifier: MIT

/// The protocol of a call.
public enum RPCProtocol: String, Sendable, CaseIterable {
    /// Connect: bare HTTP for unary calls, envelopes for streams.
    case connect
    /// gRPC over HTTP/2, with trailers.
    case grpc
    /// gRPC-Web, whose trailers are the last envelope of the body.
    case grpcWeb
}

/// How messages are written.
public enum RPCCodec: String, Sendable, CaseIterable {
    /// The protobuf binary format.
    case proto
    /// The protobuf JSON format.
    case json
}

/// What a `content-type` says of a call.
public struct RPCContentType: Sendable, Equatable {
    /// The protocol.
    public var rpcProtocol: RPCProtocol
    /// How messages are written.
    public var codec: RPCCodec
    /// True when messages travel in envelopes: always in gRPC and gRPC-Web, for streams in Connect.
    public var isEnveloped: Bool
    /// True for `application/grpc-web-text`: the body is base64.
    public var isText: Bool

    /// A content type from its parts. gRPC and gRPC-Web are enveloped whatever the arguments say.
    public init(_ rpcProtocol: RPCProtocol, _ codec: RPCCodec, isEnveloped: Bool, isText: Bool = false) {
        self.rpcProtocol = rpcProtocol
        self.codec = codec
        self.isEnveloped = isEnveloped || rpcProtocol != .connect
        self.isText = isText && rpcProtocol == .grpcWeb
    }

    /// Reads a header's value; parameters such as `; charset=utf-8` are passed over. Nil for what is none of ours.
    public init?(_ value: String) {
        var essence = value.prefix { $0 != ";" }
        while essence.last == " " || essence.last == "\t" { essence.removeLast() }
        let lowered = essence.lowercased()
        guard let known = Self.known[lowered] else { return nil }
        self = known
    }

    /// The value to send.
    public var headerValue: String {
        switch rpcProtocol {
        case .connect: isEnveloped ? "application/connect+\(codec.rawValue)" : "application/\(codec.rawValue)"
        case .grpc: "application/grpc+\(codec.rawValue)"
        case .grpcWeb: "application/grpc-web\(isText ? "-text" : "")+\(codec.rawValue)"
        }
    }

    private static let known: [String: RPCContentType] = {
        var known: [String: RPCContentType] = [
            "application/grpc": RPCContentType(.grpc, .proto, isEnveloped: true),
            "application/grpc-web": RPCContentType(.grpcWeb, .proto, isEnveloped: true),
            "application/grpc-web-text": RPCContentType(.grpcWeb, .proto, isEnveloped: true, isText: true),
        ]
        for codec in RPCCodec.allCases {
            for one in [
                RPCContentType(.connect, codec, isEnveloped: false), RPCContentType(.connect, codec, isEnveloped: true),
                RPCContentType(.grpc, codec, isEnveloped: true), RPCContentType(.grpcWeb, codec, isEnveloped: true),
                RPCContentType(.grpcWeb, codec, isEnveloped: true, isText: true),
            ] { known[one.headerValue] = one }
        }
        return known
    }()
}
