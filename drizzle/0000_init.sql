CREATE TABLE "job_logs" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"job_id" uuid NOT NULL,
	"level" text NOT NULL,
	"message" text NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "valid_log_level" CHECK (level in ('info', 'warning', 'error'))
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"twin_id" text,
	"tenant_id" text NOT NULL,
	"job_type" text NOT NULL,
	"status" text NOT NULL,
	"step" text DEFAULT 'learn' NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"epoch" bigint DEFAULT 0 NOT NULL,
	"error_message" text,
	"metadata" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	CONSTRAINT "valid_job_type" CHECK (job_type in ('ingestion', 'reindex', 'health_check', 'other', 'graph_extraction', 'content_extraction', 'feedback_learning')),
	CONSTRAINT "valid_job_status" CHECK (status in ('queued', 'processing', 'needs_attention', 'complete', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "persona_feedback_learning_runs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"twin_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"job_id" uuid NOT NULL,
	"status" text NOT NULL,
	"publish_decision" text,
	"reason" text,
	"from_seq" bigint NOT NULL,
	"to_seq" bigint NOT NULL,
	"events_scanned" integer DEFAULT 0 NOT NULL,
	"events_processed" integer DEFAULT 0 NOT NULL,
	"snapshot_id" uuid,
	"candidate_version" text,
	"parent_version" text,
	"relearned" integer DEFAULT 0 NOT NULL,
	"suppressed" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"gate_report" jsonb,
	"verdict" text,
	"summary" text[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp with time zone,
	CONSTRAINT "valid_run_status" CHECK (status in ('running', 'completed', 'failed')),
	CONSTRAINT "valid_publish_decision" CHECK (publish_decision in ('published', 'held', 'refused', 'no_candidate'))
);
--> statement-breakpoint
CREATE TABLE "learning_snapshots" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" text NOT NULL,
	"as_of" timestamp with time zone NOT NULL,
	"seqs" jsonb NOT NULL,
	"versions" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vetoes" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"twin_id" text NOT NULL,
	"path" text NOT NULL,
	"op" text NOT NULL,
	"to" jsonb,
	"cause" text NOT NULL,
	"version" text NOT NULL,
	"effective_votes" double precision NOT NULL,
	"events" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	"cleared_at" timestamp with time zone,
	"cleared_by" text
);
--> statement-breakpoint
CREATE TABLE "persona_training_events" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"twin_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"event_id" text NOT NULL,
	"source" text NOT NULL,
	"event_type" text NOT NULL,
	"trace_id" text NOT NULL,
	"message_id" text DEFAULT '' NOT NULL,
	"rater_id" text,
	"vote_key" text NOT NULL,
	"replaces_seq" bigint,
	"score" smallint NOT NULL,
	"reason" text,
	"comment" text,
	"query" text,
	"answer" text,
	"body_hash" text NOT NULL,
	"conversation_id" text,
	"interaction_context" text NOT NULL,
	"intent_label" text NOT NULL,
	"channel" text NOT NULL,
	"spec_version" text,
	"modules" jsonb NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "valid_score" CHECK (score in (-1, 0, 1))
);
--> statement-breakpoint
CREATE TABLE "persona_specs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"twin_id" text NOT NULL,
	"version" text NOT NULL,
	"status" text NOT NULL,
	"origin" text NOT NULL,
	"review" text,
	"parent_version" text,
	"parent_hash" text,
	"restores_version" text,
	"spec" jsonb NOT NULL,
	"content_hash" text NOT NULL,
	"manifest" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"notes" text,
	"run_id" uuid,
	"gate_report" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	"published_at" timestamp with time zone,
	"published_by" text,
	"acknowledged" text[],
	"reason" text,
	CONSTRAINT "valid_spec_status" CHECK (status in ('draft', 'active', 'archived')),
	CONSTRAINT "valid_spec_origin" CHECK (origin in ('owner', 'learned', 'rollback')),
	CONSTRAINT "valid_spec_review" CHECK (review in ('held', 'approved', 'rejected', 'superseded'))
);
--> statement-breakpoint
CREATE TABLE "prompt_traces" (
	"twin_id" text NOT NULL,
	"trace_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"spec_version" text NOT NULL,
	"content_hash" text NOT NULL,
	"intent_label" text NOT NULL,
	"channel" text NOT NULL,
	"interaction_context" text NOT NULL,
	"modules" jsonb NOT NULL,
	"query" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "prompt_traces_pkey" PRIMARY KEY("twin_id","trace_id")
);
--> statement-breakpoint
CREATE TABLE "regression_cases" (
	"twin_id" text NOT NULL,
	"id" text NOT NULL,
	"body" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	CONSTRAINT "regression_cases_pkey" PRIMARY KEY("twin_id","id")
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" text NOT NULL,
	"role" text NOT NULL,
	"name" text NOT NULL,
	"key_hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_key_hash_unique" UNIQUE("key_hash")
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"twin_id" text,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "twin_state" (
	"twin_id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"min_events" integer,
	"cooldown_minutes" double precision,
	"auto_publish" boolean,
	"run_regression_gate" boolean,
	"train_from" text[],
	"paused_at" timestamp with time zone,
	"pending_events" integer DEFAULT 0 NOT NULL,
	"last_seq" bigint DEFAULT 0 NOT NULL,
	"claimed_seq" bigint DEFAULT 0 NOT NULL,
	"last_claimed_at" timestamp with time zone,
	"cooldown_until" timestamp with time zone,
	"deferred_until" timestamp with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"backoff_until" timestamp with time zone,
	"open_job_id" uuid,
	"active_version" text,
	"last_decision" text,
	"oldest_pending_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "pending_not_negative" CHECK (pending_events >= 0),
	CONSTRAINT "watermark_within_ledger" CHECK (claimed_seq between 0 and last_seq)
);
--> statement-breakpoint
CREATE TABLE "twins" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	"purged_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "job_logs" ADD CONSTRAINT "job_logs_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_twin_id_twins_id_fk" FOREIGN KEY ("twin_id") REFERENCES "public"."twins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "persona_feedback_learning_runs" ADD CONSTRAINT "persona_feedback_learning_runs_twin_id_twins_id_fk" FOREIGN KEY ("twin_id") REFERENCES "public"."twins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "persona_feedback_learning_runs" ADD CONSTRAINT "persona_feedback_learning_runs_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "persona_feedback_learning_runs" ADD CONSTRAINT "persona_feedback_learning_runs_snapshot_id_learning_snapshots_id_fk" FOREIGN KEY ("snapshot_id") REFERENCES "public"."learning_snapshots"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "learning_snapshots" ADD CONSTRAINT "learning_snapshots_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vetoes" ADD CONSTRAINT "vetoes_twin_id_twins_id_fk" FOREIGN KEY ("twin_id") REFERENCES "public"."twins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "persona_training_events" ADD CONSTRAINT "persona_training_events_twin_id_twins_id_fk" FOREIGN KEY ("twin_id") REFERENCES "public"."twins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "persona_training_events" ADD CONSTRAINT "persona_training_events_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "persona_specs" ADD CONSTRAINT "persona_specs_twin_id_twins_id_fk" FOREIGN KEY ("twin_id") REFERENCES "public"."twins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prompt_traces" ADD CONSTRAINT "prompt_traces_twin_id_twins_id_fk" FOREIGN KEY ("twin_id") REFERENCES "public"."twins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prompt_traces" ADD CONSTRAINT "prompt_traces_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "regression_cases" ADD CONSTRAINT "regression_cases_twin_id_twins_id_fk" FOREIGN KEY ("twin_id") REFERENCES "public"."twins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "twin_state" ADD CONSTRAINT "twin_state_twin_id_twins_id_fk" FOREIGN KEY ("twin_id") REFERENCES "public"."twins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "twin_state" ADD CONSTRAINT "twin_state_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "twins" ADD CONSTRAINT "twins_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "job_logs_by_job" ON "job_logs" USING btree ("job_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_one_open_learning" ON "jobs" USING btree ("twin_id") WHERE job_type = 'feedback_learning' and status in ('queued', 'processing');--> statement-breakpoint
CREATE INDEX "jobs_open" ON "jobs" USING btree ("updated_at") WHERE status in ('queued', 'processing');--> statement-breakpoint
CREATE INDEX "jobs_newest" ON "jobs" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_by_twin" ON "jobs" USING btree ("twin_id","created_at");--> statement-breakpoint
CREATE INDEX "persona_feedback_learning_runs_newest" ON "persona_feedback_learning_runs" USING btree ("twin_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "persona_feedback_learning_runs_job" ON "persona_feedback_learning_runs" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "vetoes_by_twin" ON "vetoes" USING btree ("twin_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "persona_training_events_event" ON "persona_training_events" USING btree ("twin_id","event_id");--> statement-breakpoint
CREATE UNIQUE INDEX "persona_training_events_seq" ON "persona_training_events" USING btree ("twin_id","seq");--> statement-breakpoint
CREATE INDEX "persona_training_events_key" ON "persona_training_events" USING btree ("twin_id","vote_key","seq");--> statement-breakpoint
CREATE INDEX "persona_training_events_tenant" ON "persona_training_events" USING btree ("tenant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "persona_specs_version" ON "persona_specs" USING btree ("twin_id","version");--> statement-breakpoint
CREATE UNIQUE INDEX "persona_specs_one_active" ON "persona_specs" USING btree ("twin_id") WHERE status = 'active';--> statement-breakpoint
CREATE UNIQUE INDEX "persona_specs_one_held" ON "persona_specs" USING btree ("twin_id") WHERE review = 'held';--> statement-breakpoint
CREATE INDEX "persona_specs_newest" ON "persona_specs" USING btree ("twin_id","created_at","id");--> statement-breakpoint
CREATE INDEX "prompt_traces_by_trace" ON "prompt_traces" USING btree ("tenant_id","trace_id");--> statement-breakpoint
CREATE INDEX "audit_log_by_twin" ON "audit_log" USING btree ("twin_id","id");--> statement-breakpoint
CREATE INDEX "twin_state_sweep" ON "twin_state" USING btree ("oldest_pending_at") WHERE pending_events > 0 and open_job_id is null and paused_at is null;--> statement-breakpoint
CREATE INDEX "twin_state_by_tenant" ON "twin_state" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "twins_by_tenant" ON "twins" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "twins_to_purge" ON "twins" USING btree ("deleted_at") WHERE deleted_at is not null and purged_at is null;