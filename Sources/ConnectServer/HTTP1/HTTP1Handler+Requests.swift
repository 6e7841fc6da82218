// SPDX-License-Identifier: MIT
import Connect
import NIOCore
import NIOHTTP1

/// The way in of an HTTP/1.1 connection.
extension HTTP1Handler {
    func process(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let bytes): receive(bytes)
        case .end:
            isRequestWhole = true
            timer.hold()
            call?.endOfRequest()
            if isAnswered { requestIsOver() }
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        guard let context else { return }
        isRequestWhole = false
        isAnswered = false
        discardedBytes = 0
        isHeadRequest = head.method == .HEAD
        isVersion10 = head.version == .http1_0
        closesAfterAnswer = !head.isKeepAlive
        let request = RequestHead(
            method: head.method.rawValue, uri: head.uri, headers: head.headers, isHTTP2: false,
            remoteAddress: remoteAddress)
        let call = ServerCall(request, sink: self, core: core, eventLoop: context.eventLoop)
        self.call = call
        call.begin()
        if isAnswered {
            timer.run(for: core.times.requestBody)
        } else if call.facts.contentLength != 0 {
            timer.run(for: core.times.requestBody)
            if call.facts.expectsContinue { write(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")) }
        }
    }

    private func receive(_ bytes: ByteBuffer) {
        guard isAnswered else {
            call?.receive(bytes)
            return
        }
        // The answer is out already: the rest of the body is read for the connection's sake, while that is cheaper than
        // another connection.
        discardedBytes += bytes.readableBytes
        if discardedBytes > 4 * core.configuration.limits.maxMessageBytes { close() }
    }

    /// Request and answer are both whole.
    func requestIsOver() {
        call = nil
        guard !isClosing else { return }
        if closesAfterAnswer { return closeAfterFlush() }
        timer.run(for: core.times.idle)
    }

    /// The connection was idle, or its request on the way, for too long.
    func timeIsUp() {
        if let call, !call.isFinished { call.fail(RPCError(.deadlineExceeded, "the request took too long to arrive")) }
        close()
    }
}

/// The way out of an HTTP/1.1 connection.
extension HTTP1Handler: ResponseSink {
    var isWritable: Bool { context?.channel.isWritable ?? false }

    func respond(_ head: ResponseHead, body: ByteBuffer?, trailers: RPCMetadata?) {
        guard let context else { return }
        precondition(trailers == nil, "trailers in an answer over HTTP/1.1: \(head)")
        let length = body?.readableBytes ?? 0
        prepareToClose()
        var buffer = context.channel.allocator.buffer(capacity: 256 + length)
        let hasNoBody = head.status == 204 || head.status == 304
        HTTP1ResponseWriter.write(
            head, framing: hasNoBody ? .none : .length(length), closes: closesAfterAnswer, to: &buffer)
        if let body, !isHeadRequest, !hasNoBody { buffer.writeImmutableBuffer(body) }
        write(buffer)
        answered()
    }

    func begin(_ head: ResponseHead) {
        guard let context else { return }
        isChunked = !isVersion10
        prepareToClose()
        if !isChunked { closesAfterAnswer = true }
        var buffer = context.channel.allocator.buffer(capacity: 256)
        HTTP1ResponseWriter.write(
            head, framing: isChunked ? .chunked : .untilClose, closes: closesAfterAnswer, to: &buffer)
        write(buffer)
    }

    func send(_ bytes: ByteBuffer) {
        guard let context, !isHeadRequest else { return }
        guard isChunked else { return write(bytes) }
        var buffer = context.channel.allocator.buffer(capacity: bytes.readableBytes + 16)
        HTTP1ResponseWriter.writeChunk(bytes, to: &buffer)
        write(buffer)
    }

    func end(trailers: RPCMetadata?) {
        if isChunked { write(ByteBuffer(staticString: "0\r\n\r\n")) }
        // A stream that began before the drain did not say that it would be the last.
        if isDraining { closesAfterAnswer = true }
        answered()
    }

    private func prepareToClose() {
        if isDraining { closesAfterAnswer = true }
    }

    private func answered() {
        isAnswered = true
        guard isRequestWhole else { return }
        requestIsOver()
        processWaiting()
    }
}
