// One object store on loopback with one bucket, as long as whoever started it keeps our input open.
import S3rver from "s3rver";

const [directory, bucket] = process.argv.slice(2);
const server = new S3rver({
  address: "127.0.0.1",
  port: 0,
  silent: true,
  directory,
  configureBuckets: [{ name: bucket, configs: [] }],
});
const { port } = await server.run();
console.log(port);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
