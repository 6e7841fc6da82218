// SPDX-License-Identifier: MIT
import NavarchModel

/// The GPUs' samples as `node_metrics.gpus` has them: a version byte, then 28 bytes for each GPU, big-endian. Heartbeats come by the
/// thousand a second; this costs a tenth of JSON, in both programs.
enum GPUSamples {
    private static let version: UInt8 = 1
    private static let size = 28

    /// The bytes of these samples; empty for none.
    static func bytes(_ samples: [GPUMetrics]) -> [UInt8] {
        if samples.isEmpty { return [] }
        return [UInt8](unsafeUninitializedCapacity: 1 + samples.count * size) { buffer, count in
            buffer[0] = version
            var offset = 1
            func put<Integer: FixedWidthInteger>(_ value: Integer) {
                UnsafeMutableRawBufferPointer(buffer).storeBytes(
                    of: value.bigEndian, toByteOffset: offset, as: Integer.self)
                offset += MemoryLayout<Integer>.size
            }
            for sample in samples {
                put(sample.gpuIndex)
                put(sample.temperature)
                put(sample.powerUsage)
                put(sample.utilizationPercent.bitPattern)
                put(sample.memoryUsed)
            }
            count = offset
        }
    }

    /// Reads samples back.
    static func samples(_ bytes: [UInt8]) throws -> [GPUMetrics] {
        if bytes.isEmpty { return [] }
        guard bytes[0] == version, (bytes.count - 1).isMultiple(of: size) else {
            throw CorruptRow(description: "GPU samples of version \(bytes[0]), \(bytes.count) bytes")
        }
        return bytes.withUnsafeBytes { buffer in
            var offset = 1
            func next<Integer: FixedWidthInteger>(_: Integer.Type) -> Integer {
                defer { offset += MemoryLayout<Integer>.size }
                return Integer(bigEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Integer.self))
            }
            return (0..<(buffer.count - 1) / size).map { _ in
                var sample = GPUMetrics()
                sample.gpuIndex = next(Int32.self)
                sample.temperature = next(Int32.self)
                sample.powerUsage = next(Int32.self)
                sample.utilizationPercent = Double(bitPattern: next(UInt64.self))
                sample.memoryUsed = next(Int64.self)
                return sample
            }
        }
    }
}
