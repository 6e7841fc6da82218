// SPDX-License-Identifier: MIT
import Connect
import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2

/// One HTTP/2 stream: one request and its answer.
final class HTTP2StreamHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let core: ServerCore
    private let remoteAddress: String
    private var context: ChannelHandlerContext?
    private var call: ServerCall?
    private var isRequestWhole = false
    private var isHeadRequest = false
    private var timer: Scheduled<Void>?

    init(core: ServerCore, remoteAddress: String) {
        self.core = core
        self.remoteAddress = remoteAddress
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        stopTimer()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let headers):
            // A second block is trailers, which no protocol of ours uses in requests.
            if call == nil { begin(headers.headers, context) }
            if headers.endStream { endOfRequest() }
        case .data(let data):
            if case .byteBuffer(let bytes) = data.data { call?.receive(bytes) }
            if data.endStream { endOfRequest() }
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimer()
        let call = self.call
        self.call = nil
        call?.connectionLost()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        call?.writabilityChanged()
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A stream that the client reset; channelInactive follows, and closing twice does no harm.
        context.close(promise: nil)
    }

    private func begin(_ headers: HPACKHeaders, _ context: ChannelHandlerContext) {
        var plain = HTTPHeaders()
        plain.reserveCapacity(headers.count)
        var method = ""
        var uri = ""
        for (name, value, _) in headers {
            if name.utf8.first != UInt8(ascii: ":") {
                plain.add(name: name, value: value)
            } else if name == ":method" {
                method = value
            } else if name == ":path" {
                uri = value
            }
        }
        isHeadRequest = method == "HEAD"
        let head = RequestHead(method: method, uri: uri, headers: plain, isHTTP2: true, remoteAddress: remoteAddress)
        let call = ServerCall(head, sink: self, core: core, eventLoop: context.eventLoop)
        self.call = call
        call.begin()
        if !call.isFinished { startTimer(context) }
    }

    private func endOfRequest() {
        isRequestWhole = true
        stopTimer()
        call?.endOfRequest()
    }

    private func startTimer(_ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: core.times.requestBody) {
            [weak self] in
            self?.call?.fail(RPCError(.deadlineExceeded, "the request took too long to arrive"))
        }
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }
}

extension HTTP2StreamHandler: ResponseSink {
    var isWritable: Bool { context?.channel.isWritable ?? false }

    func respond(_ head: ResponseHead, body: ByteBuffer?, trailers: RPCMetadata?) {
        let hasBody = !isHeadRequest && (body?.readableBytes ?? 0) > 0
        var headers = hpack(head)
        if head.contentType == nil || trailers == nil {
            headers.add(name: "content-length", value: String(body?.readableBytes ?? 0))
        }
        if let trailers, !hasBody {
            append(trailers, to: &headers)
            write(.headers(.init(headers: headers, endStream: true)))
        } else if let body, hasBody {
            write(.headers(.init(headers: headers)))
            write(.data(.init(data: .byteBuffer(body), endStream: trailers == nil)))
            if let trailers { write(trailers) }
        } else {
            write(.headers(.init(headers: headers, endStream: true)))
        }
        answered()
    }

    func begin(_ head: ResponseHead) {
        write(.headers(.init(headers: hpack(head))))
        context?.flush()
    }

    func send(_ bytes: ByteBuffer) {
        write(.data(.init(data: .byteBuffer(bytes))))
        context?.flush()
    }

    func end(trailers: RPCMetadata?) {
        if let trailers {
            write(trailers)
        } else {
            write(.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true)))
        }
        answered()
    }

    /// What is still to come of a request that is answered is not wanted.
    private func answered() {
        call = nil
        stopTimer()
        context?.flush()
        guard !isRequestWhole, let context else { return }
        // A reset drops what the stream still buffers, and a flush takes effect once the reads in hand are done: so the
        // reset waits for both. Most often the rest of the request is here by then and no reset is needed.
        context.eventLoop.assumeIsolated().execute { [weak self] in
            guard let self, !isRequestWhole else { return }
            write(.rstStream(.noError))
            self.context?.flush()
        }
    }

    private func write(_ payload: HTTP2Frame.FramePayload) {
        context?.write(wrapOutboundOut(payload), promise: nil)
    }

    private func write(_ trailers: RPCMetadata) {
        var headers = HPACKHeaders()
        append(trailers, to: &headers)
        write(.headers(.init(headers: headers, endStream: true)))
    }

    private func hpack(_ head: ResponseHead) -> HPACKHeaders {
        var headers = HPACKHeaders()
        headers.reserveCapacity(head.extra.count + 5)
        headers.add(name: ":status", value: head.status == 200 ? "200" : String(head.status))
        if let contentType = head.contentType { headers.add(name: "content-type", value: contentType) }
        if let encoding = head.encoding { headers.add(name: encoding.name, value: encoding.value) }
        // Never the same twice: in the table of the peer it would only push useful entries out.
        headers.add(name: RequestID.headerName, value: head.requestID, indexing: .nonIndexable)
        append(head.extra, to: &headers)
        return headers
    }

    /// Names are lower case already; what only HTTP/1.1 knows must not be sent.
    private func append(_ metadata: RPCMetadata, to headers: inout HPACKHeaders) {
        for (name, value) in metadata where RPCMetadata.isValid(name: name, value: value) {
            switch name {
            case "connection", "content-length", "keep-alive", "transfer-encoding", "upgrade", RequestID.headerName:
                break
            default: headers.add(name: name, value: value)
            }
        }
    }
}
