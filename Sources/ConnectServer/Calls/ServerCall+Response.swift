// SPDX-License-Identifier: MIT
import Connect
import NIOCore
import SwiftProtobuf

/// The way out: answers, errors and the end of a call. On the event loop.
extension ServerCall {
    /// Answers a unary call with a message.
    func succeed(with message: some Message) {
        guard phase == .running else { return }
        do throws(RPCError) {
            succeed(try MessageCoding.encode(message, as: codec))
        } catch {
            fail(error)
        }
    }

    /// Answers a unary call with the bytes of a message. Without effect when the call is over: its deadline may have passed
    /// while the handler worked.
    func succeed(_ message: [UInt8]) {
        eventLoop.preconditionInEventLoop()
        guard phase == .running, let form else { return }
        let metadata = takeMetadata()
        let isLong = message.count >= core.configuration.compressionThreshold
        let gzip = isLong && takesGzip(form)
        let payload = gzip ? Gzip.compress(message, level: 1) : message
        var head = responseHead(form, gzip: gzip, metadata.headers)
        counts.responseMessages = 1
        guard form.isEnveloped else {
            for (name, value) in metadata.trailers { head.extra.add("trailer-" + name, value) }
            return complete(head, body: ByteBuffer(bytes: payload), trailers: nil, code: nil)
        }
        var body = ByteBuffer()
        body.reserveCapacity(payload.count + EnvelopePrefix.size)
        body.writeBytes(EnvelopePrefix(flags: gzip ? .compressed : [], length: payload.count).bytes)
        body.writeBytes(payload)
        var trailers = GRPCStatus.trailers(for: nil)
        trailers.append(metadata.trailers)
        if form.rpcProtocol == .grpcWeb {
            body.writeBytes(EnvelopePrefix.envelope(WebTrailers.encode(trailers), flags: .webTrailers))
            complete(head, body: body, trailers: nil, code: nil)
        } else {
            complete(head, body: body, trailers: trailers, code: nil)
        }
    }

    /// Ends the call with an error, in its protocol. Without effect when the call is over.
    func fail(_ error: RPCError) {
        eventLoop.preconditionInEventLoop()
        guard phase != .finished else { return }
        guard phase != .streaming, outbox == nil else { return finishStream(error) }
        guard let form, endpoint == nil || start.rpcProtocol != nil else {
            var response = HTTPRoute.Response.text(error.message + "\n", status: error.code.httpStatus)
            response.headers.append(error.metadata)
            return respond(response, code: error.code)
        }
        var metadata = takeMetadata()
        if form.isEnveloped {
            metadata.trailers.append(error.metadata)
            endEarly(error, form, metadata)
        } else {
            metadata.headers.append(error.metadata)
            for (name, value) in metadata.trailers { metadata.headers.add("trailer-" + name, value) }
            var head = responseHead(form, gzip: false, metadata.headers)
            head.status = error.code.httpStatus
            head.contentType = "application/json"
            complete(head, body: ByteBuffer(bytes: ErrorJSON.encode(error)), trailers: nil, code: error.code)
        }
    }

    /// Answers with plain HTTP.
    func respond(_ response: HTTPRoute.Response, code: RPCCode? = nil) {
        guard phase == .receiving || phase == .running else { return }
        let metadata = takeMetadata()
        var head = ResponseHead(status: response.status, requestID: start.requestID, extra: metadata.headers)
        head.extra.append(response.headers)
        let failure = code ?? (response.status >= 400 ? RPCCode(httpStatus: response.status) : nil)
        complete(head, body: ByteBuffer(bytes: response.body), trailers: nil, code: failure)
    }

    /// Gives an interceptor's answer.
    func refuse(_ refusal: CallRefusal) {
        switch refusal {
        case .error(let error): fail(error)
        case .http(let response): respond(response)
        }
    }

    /// An error before anything was sent, in a protocol with envelopes: a whole answer in one piece.
    private func endEarly(_ error: RPCError, _ form: RPCContentType, _ metadata: CallContext.ResponseMetadata) {
        let head = responseHead(form, gzip: false, metadata.headers)
        switch form.rpcProtocol {
        case .connect:
            let end = EndOfStream(error: error, trailers: metadata.trailers)
            let bytes = EnvelopePrefix.envelope(end.bytes, flags: .endStream)
            complete(head, body: ByteBuffer(bytes: bytes), trailers: nil, code: error.code)
        case .grpc, .grpcWeb:
            var trailers = GRPCStatus.trailers(for: error)
            trailers.append(metadata.trailers)
            guard form.rpcProtocol == .grpcWeb else {
                return complete(head, body: nil, trailers: trailers, code: error.code)
            }
            let bytes = EnvelopePrefix.envelope(WebTrailers.encode(trailers), flags: .webTrailers)
            complete(head, body: ByteBuffer(bytes: bytes), trailers: nil, code: error.code)
        }
    }

    private func complete(_ head: ResponseHead, body: ByteBuffer?, trailers: RPCMetadata?, code: RPCCode?) {
        counts.httpStatus = head.status
        counts.responseBytes += body?.readableBytes ?? 0
        let sink = self.sink
        finish(code, because: RPCError(code ?? .canceled, "the call is over"))
        sink?.respond(head, body: body, trailers: trailers)
    }

    func responseHead(_ form: RPCContentType, gzip: Bool, _ headers: RPCMetadata) -> ResponseHead {
        var head = ResponseHead(
            status: 200, contentType: form.fastHeaderValue, requestID: start.requestID, extra: headers)
        if gzip {
            let name: String =
                switch form.rpcProtocol {
                case .connect: form.isEnveloped ? "connect-content-encoding" : "content-encoding"
                case .grpc, .grpcWeb: "grpc-encoding"
                }
            head.encoding = (name, Gzip.name)
        }
        return head
    }

    /// What the handler and the drain add to the answer.
    func takeMetadata() -> CallContext.ResponseMetadata {
        var metadata = context?.storage.response.withLock { $0 } ?? CallContext.ResponseMetadata()
        if core.drain.isDraining { metadata.trailers.set(ReconnectHint.name, ReconnectHint.value) }
        return metadata
    }

    /// The call is over: timers, task and writers end, interceptors are told.
    func finish(_ code: RPCCode?, because reason: RPCError) {
        phase = .finished
        deadlineTimer?.cancel()
        stallTimer?.cancel()
        deadlineTimer = nil
        stallTimer = nil
        body = nil
        sink = nil
        if let outbox {
            outbox.close(reason)
            core.tasks.remove(self)
        }
        outbox = nil
        task?.cancel()
        task = nil
        guard passedInterceptors > 0 else { return }
        let outcome = CallOutcome(
            code: code, httpStatus: counts.httpStatus, duration: start.startedAt.duration(to: .now),
            requestBytes: counts.requestBytes, responseBytes: counts.responseBytes,
            requestMessages: counts.requestMessages, responseMessages: counts.responseMessages)
        for interceptor in core.interceptors.prefix(passedInterceptors).reversed() {
            interceptor.end(start, outcome: outcome)
        }
        passedInterceptors = 0
    }
}
