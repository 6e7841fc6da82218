// SPDX-License-Identifier: MIT
import Connect
import NIOCore

/// The way in: from the head of a request to its handler. On the event loop.
extension ServerCall {
    /// Takes the call up: interceptors first, then what the head alone decides.
    func begin() {
        eventLoop.preconditionInEventLoop()
        for interceptor in core.interceptors {
            if let refusal = interceptor.begin(&start) { return refuse(refusal) }
            passedInterceptors += 1
        }
        guard case .method(let method) = endpoint else {
            if case nil = endpoint { answerUnknownPath() }
            return
        }
        do throws(RPCError) {
            guard let form = try acceptedForm(of: method.descriptor) else { return }
            try setDeadline(form)
            try checkEncoding(form)
        } catch {
            fail(error)
        }
    }

    /// Takes a piece of the body.
    func receive(_ bytes: ByteBuffer) {
        guard phase == .receiving, bytes.readableBytes > 0 else { return }
        counts.requestBytes += bytes.readableBytes
        if body == nil {
            body = bytes
        } else {
            body?.writeImmutableBuffer(bytes)
        }
        // An envelope's own prefix comes on top of what the message may be long.
        let limit = core.configuration.limits.maxMessageBytes
        if let body, body.readableBytes > limit + EnvelopePrefix.size { return fail(Self.tooLong(limit)) }
        if form?.isEnveloped == true, let length = declaredLength, length > limit { fail(Self.tooLong(limit)) }
    }

    /// The request is whole.
    func endOfRequest() {
        guard phase == .receiving else { return }
        switch endpoint {
        case .method(let method):
            do throws(RPCError) {
                let message = try requestMessage()
                phase = .running
                counts.requestMessages = 1
                method.start(self, message)
            } catch {
                fail(error)
            }
        case .route(let handlers): startRoute(handlers)
        case nil: answerUnknownPath()
        }
    }

    /// The connection or stream is gone.
    func connectionLost() {
        guard phase != .finished else { return }
        finish(.canceled, because: RPCError(.canceled, "the client is gone"))
    }

    static func tooLong(_ limit: Int) -> RPCError {
        RPCError(.resourceExhausted, "the message is longer than \(limit) bytes")
    }

    private var declaredLength: Int? { body.flatMap { EnvelopePrefix($0.readableBytesView) }.map { Int($0.length) } }

    /// Checks HTTP method and content type; answers itself, and returns nil, when they are none for this method.
    private func acceptedForm(of method: MethodDescriptor) throws(RPCError) -> RPCContentType? {
        guard head.method == "POST" || query != nil else {
            let allowed = method.isGettable ? "GET, POST" : "POST"
            refuse(.http(HTTPRoute.Response(status: 405, headers: ["allow": allowed])))
            return nil
        }
        let isUnary = method.kind == .unary
        guard let form, !form.isText, form.rpcProtocol != .connect || form.isEnveloped != isUnary else {
            let connect = isUnary ? "application/" : "application/connect+"
            let accepted = "\(connect)json, \(connect)proto, application/grpc, application/grpc-web"
            refuse(.http(HTTPRoute.Response(status: 415, headers: ["accept-post": accepted])))
            return nil
        }
        if form.rpcProtocol == .grpc, !head.isHTTP2 {
            refuse(.http(HTTPRoute.Response(status: 505)))
            return nil
        }
        if let version = query?.version, version != "v" + Connect.protocolVersion {
            throw RPCError(.invalidArgument, "version \(version) of the Connect protocol is unknown here")
        }
        if let version = facts.connectVersion, version != Connect.protocolVersion {
            throw RPCError(.invalidArgument, "version \(version) of the Connect protocol is unknown here")
        }
        return form
    }

    private func setDeadline(_ form: RPCContentType) throws(RPCError) {
        guard let timeout = try facts.timeout(in: form) else { return }
        start.deadline = start.startedAt.advanced(by: timeout)
        deadlineTimer = eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            self.fail(RPCError(.deadlineExceeded, "the call took longer than its caller waits"))
        }
    }

    private func checkEncoding(_ form: RPCContentType) throws(RPCError) {
        guard let encoding = requestEncoding(form), encoding != "identity", encoding != Gzip.name else { return }
        let header =
            form.rpcProtocol == .connect
            ? (form.isEnveloped ? "connect-accept-encoding" : "accept-encoding") : "grpc-accept-encoding"
        throw RPCError(
            .unimplemented, "\"\(encoding)\" is no compression that is known here: use gzip or identity",
            metadata: [header: "gzip"])
    }

    /// The one message of the request, uncompressed.
    private func requestMessage() throws(RPCError) -> [UInt8] {
        guard let form else { return [] }
        let isGzip = requestEncoding(form) == Gzip.name
        guard form.isEnveloped else {
            var bytes = body.map { [UInt8](buffer: $0) } ?? []
            body = nil
            if let query {
                guard let message = query.message else {
                    throw RPCError(.invalidArgument, "the query has no message, or it is no base64")
                }
                bytes = message
            }
            if bytes.count > core.configuration.limits.maxMessageBytes {
                throw Self.tooLong(core.configuration.limits.maxMessageBytes)
            }
            return isGzip && !bytes.isEmpty ? try decompress(bytes) : bytes
        }
        guard var buffer = body, let prefix = EnvelopePrefix(buffer.readableBytesView) else {
            throw RPCError(
                body == nil ? .unimplemented : .invalidArgument, "the request ends where its message should begin")
        }
        buffer.moveReaderIndex(forwardBy: EnvelopePrefix.size)
        guard let bytes = buffer.readBytes(length: Int(prefix.length)) else {
            throw RPCError(.invalidArgument, "the request ends in the middle of its message")
        }
        guard buffer.readableBytes == 0 else { throw RPCError(.unimplemented, "the request has more than one message") }
        body = nil
        guard prefix.flags.subtracting(.compressed).isEmpty else {
            throw RPCError(.invalidArgument, "the envelope's flags \(prefix.flags.rawValue) are unknown")
        }
        guard prefix.flags.contains(.compressed) else { return bytes }
        guard isGzip else {
            throw RPCError(.internalError, "a compressed message, but the headers name no compression")
        }
        return bytes.isEmpty ? bytes : try decompress(bytes)
    }

    private func decompress(_ bytes: [UInt8]) throws(RPCError) -> [UInt8] {
        let limit = core.configuration.limits.maxMessageBytes
        do {
            return try Gzip.decompress(bytes, limit: limit)
        } catch {
            switch error {
            case .tooLong: throw Self.tooLong(limit)
            case .malformed: throw RPCError(.invalidArgument, "the message is no valid gzip")
            }
        }
    }

    private func startRoute(_ handlers: [String: HTTPRoute.Handler]) {
        guard let handler = handlers[head.method] ?? (head.method == "HEAD" ? handlers["GET"] : nil) else {
            let allowed = handlers.keys.sorted().joined(separator: ", ")
            return refuse(.http(HTTPRoute.Response(status: 405, headers: ["allow": allowed])))
        }
        phase = .running
        let bytes = body.map { [UInt8](buffer: $0) } ?? []
        body = nil
        let query = head.uri.dropFirst(start.path.count + 1)
        let request = HTTPRoute.Request(
            method: head.method, path: start.path, query: String(query), body: bytes, context: makeContext())
        run { _ in
            let response = await handler(request)
            self.eventLoop.execute { self.respond(response) }
        }
    }

    private func answerUnknownPath() {
        let error = RPCError(.unimplemented, "\(start.path) is no method of this server")
        switch form?.rpcProtocol {
        case .grpc where head.isHTTP2, .grpcWeb: fail(error)
        case .connect:
            var response = HTTPRoute.Response.json("", status: 404)
            response.body = ErrorJSON.encode(error)
            respond(response, code: .unimplemented)
        case .grpc, nil: respond(.text("not found\n", status: 404), code: .unimplemented)
        }
    }
}
