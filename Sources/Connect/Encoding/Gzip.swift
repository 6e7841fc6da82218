// SPDX-License-Identifier: MIT
import CZlib

/// The gzip coding, one whole message at a time.
public enum Gzip {
    /// Why bytes could not be uncompressed.
    public enum Failure: Error, Equatable {
        /// The bytes are no whole gzip stream.
        case malformed
        /// What comes out is longer than the limit; the rest was not looked at.
        case tooLong
    }

    /// The name of the coding in headers.
    public static let name = "gzip"

    /// The bytes, compressed. `level` is zlib's: 1 is fast, 9 is small; 6 is what most use.
    public static func compress(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
        var stream = z_stream()
        let started = deflateInit2_(
            &stream, level, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(started == Z_OK, "zlib would not start to compress: \(started)")
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, UInt(bytes.count)))
        return withInput(bytes, &stream) { stream in
            [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(bound)
                let result = deflate(&stream, Z_FINISH)
                precondition(result == Z_STREAM_END, "zlib gave too small a bound: \(result)")
                count = bound - Int(stream.avail_out)
            }
        }
    }

    /// The bytes, uncompressed. Memory grows with what comes out and never past `limit`, however much is promised.
    public static func decompress(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        let started = inflateInit2_(&stream, gzipWindow, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(started == Z_OK, "zlib would not start to uncompress: \(started)")
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var result = Z_OK
        let fits = withInput(bytes, &stream) { stream in
            while result == Z_OK {
                let room = min(max(4 * bytes.count, 1024), 64 * 1024, limit - output.count + 1)
                output += [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                    stream.next_out = buffer.baseAddress
                    stream.avail_out = UInt32(room)
                    result = inflate(&stream, Z_NO_FLUSH)
                    count = room - Int(stream.avail_out)
                }
                if output.count > limit { return false }
            }
            return true
        }
        guard fits else { throw .tooLong }
        guard result == Z_STREAM_END, stream.avail_in == 0 else { throw .malformed }
        return output
    }

    /// 15 bits of window, plus 16 to say gzip rather than zlib.
    private static let gzipWindow: Int32 = 15 + 16

    private static func withInput<R>(
        _ bytes: [UInt8], _ stream: inout z_stream, _ body: (inout z_stream) -> R
    ) -> R {
        var input = bytes
        return input.withUnsafeMutableBufferPointer { buffer in
            stream.next_in = buffer.baseAddress
            stream.avail_in = UInt32(buffer.count)
            return body(&stream)
        }
    }
}
