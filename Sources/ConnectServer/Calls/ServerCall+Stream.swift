// SPDX-License-Identifier: MIT
import Connect
import NIOCore

/// The way out of streams. On the event loop.
extension ServerCall {
    /// Opens the way for a handler's messages.
    func openOutbox() -> StreamOutbox {
        let gzip = form.map { takesGzip($0) } == true
        let threshold = gzip ? core.configuration.compressionThreshold : nil
        let made = StreamOutbox(eventLoop: eventLoop, wrapping: .init(gzipThreshold: threshold)) { self.flush() }
        made.setWritable(sink?.isWritable ?? false)
        outbox = made
        core.tasks.add(self)
        return made
    }

    /// Sends what writers have put in: the head first.
    func flush() {
        guard phase == .running || phase == .streaming, let outbox, let taken = outbox.take() else { return }
        sendHead()
        send(taken)
        if sink?.isWritable == false { writabilityChanged() }
    }

    /// The client began, or ceased, to keep up.
    func writabilityChanged() {
        guard let outbox, let sink else { return }
        let isWritable = sink.isWritable
        outbox.setWritable(isWritable)
        stallTimer?.cancel()
        stallTimer = nil
        if isWritable { return flush() }
        stallTimer = eventLoop.scheduleTask(in: TimeAmount(core.configuration.timers.writeStall)) {
            self.fail(RPCError(.unavailable, "the client does not read what it asked for"))
        }
    }

    /// Ends the stream, with an error or without.
    func finishStream(_ error: RPCError?) {
        eventLoop.preconditionInEventLoop()
        guard phase == .running || phase == .streaming, let form, let outbox, let sink else { return }
        let rest = outbox.takeRest()
        var metadata = takeMetadata()
        metadata.trailers.append(error?.metadata ?? [:])
        var trailers: RPCMetadata?
        if form.rpcProtocol == .grpc {
            trailers = GRPCStatus.trailers(for: error)
            trailers?.append(metadata.trailers)
        }
        if phase == .running, rest.messages == 0, let trailers {
            counts.httpStatus = 200
            let head = responseHead(form, gzip: false, metadata.headers)
            finish(error?.code, because: error ?? Self.streamIsOver)
            return sink.respond(head, body: nil, trailers: trailers)
        }
        sendHead()
        var last = rest.bytes
        if let ending = ending(form, error, metadata.trailers) { last.writeBytes(ending) }
        send((last, rest.messages))
        finish(error?.code, because: error ?? Self.streamIsOver)
        sink.end(trailers: trailers)
    }

    private static let streamIsOver = RPCError(.canceled, "the stream has ended")

    /// The last envelope, of the protocols that have one.
    private func ending(_ form: RPCContentType, _ error: RPCError?, _ custom: RPCMetadata) -> [UInt8]? {
        switch form.rpcProtocol {
        case .connect:
            return EnvelopePrefix.envelope(EndOfStream(error: error, trailers: custom).bytes, flags: .endStream)
        case .grpcWeb:
            var trailers = GRPCStatus.trailers(for: error)
            trailers.append(custom)
            return EnvelopePrefix.envelope(WebTrailers.encode(trailers), flags: .webTrailers)
        case .grpc: return nil
        }
    }

    private func sendHead() {
        guard phase == .running, let form, let sink else { return }
        phase = .streaming
        counts.httpStatus = 200
        let headers = context?.storage.response.withLock { $0.headers } ?? [:]
        let gzip = takesGzip(form)
        sink.begin(responseHead(form, gzip: gzip, headers))
    }

    private func send(_ taken: (bytes: ByteBuffer, messages: Int)) {
        guard taken.bytes.readableBytes > 0 else { return }
        counts.responseBytes += taken.bytes.readableBytes
        counts.responseMessages += taken.messages
        sink?.send(taken.bytes)
    }
}
