import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Produces the values of a file, one in base64 a line, with Kafka's own Java client:
 * foreign-producer.java BROKERS TOPIC CODEC FILE. Kafka's console producer would do, but its jar
 * (kafka-tools) is not published for 4.4.0. Exits with 1 when the broker did not take them all.
 */
public class ForeignProducer {
  public static void main(String[] args) throws Exception {
    Properties config = new Properties();
    config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, args[2]);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
    config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 20_000);
    // Wait for more records rather than send: only a batch of many shows what a codec does.
    config.put(ProducerConfig.LINGER_MS_CONFIG, 5_000);
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, 512 * 1024);
    ByteArraySerializer bytes = new ByteArraySerializer();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, bytes, bytes)) {
      var sent = new java.util.ArrayList<java.util.concurrent.Future<?>>();
      for (String line : Files.readAllLines(Path.of(args[3]))) {
        byte[] value = Base64.getDecoder().decode(line);
        sent.add(producer.send(new ProducerRecord<>(args[1], value)));
      }
      producer.flush();
      for (var acknowledgement : sent) acknowledgement.get();
    }
  }
}
