// The API as it is usually written in Node: express behind serverless-http, and the SDK's clients made at the start.
// It does what a Lambda runtime does: load the handler, then ask for the first event.
import http from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import express from 'express';
import serverless from 'serverless-http';

const clients = { s3: new S3Client(), catalog: DynamoDBDocumentClient.from(new DynamoDBClient()), getSignedUrl };
const app = express();
app.use(express.json());
for (const path of ['/api/health', '/api/me', '/api/photos', '/api/timeline', '/api/trash', '/api/uploads']) {
  app.all(path, (_, response) => response.json({ clients: Object.keys(clients) }));
}
export const handler = serverless(app);

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
http.get({ host, port, path: '/2018-06-01/runtime/invocation/next' });
